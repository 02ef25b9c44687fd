#!/bin/sh
# Packs target/sakd-linux-x86_64.tar.xz: SAKD, its libraries and a Java runtime of just the modules they
# need, from the JDK that runs this. Two builds of one commit by one JDK are equal byte for byte.
# Wants target/bundle-jars (make bundle copies them there) and takes target/cuda13 along if it is built.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/../.."
date=2026-01-01T00:00:00Z
name=sakd-linux-x86_64
out=target/bundle/$name
jdk=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}
if [ ! -d "$jdk/jmods" ]; then
  echo "$jdk has no jmods folder, which a runtime is made of; expected a full JDK, set JAVA_HOME" >&2
  exit 2
fi

rm -rf target/bundle
mkdir -p "$out/bin" "$out/lib"
install -m 755 java/bundle/sakd "$out/bin/sakd"
cp LICENSE java/bundle/README.md "$out/"
{
  echo "The libraries in lib/, each after its licences:"
  sed -n '/^ *(/p' target/THIRD-PARTY.txt | grep -v 'org\.bytedeco' | sed 's/^ *//' | sort
} > "$out/THIRD-PARTY.txt"
cp target/bundle-jars/*.jar "$out/lib/"
if [ -d target/cuda13 ]; then cp -r target/cuda13 "$out/lib/"; fi

# Natives of other systems go, and the PTX compiler, of which nothing is called. Jars are stored rather than
# compressed: xz then packs all of it together, into little more than half.
for jar in "$out"/lib/*.jar; do
  work=$(mktemp -d)
  path=$PWD/$jar
  (
    cd "$work"
    "$jdk/bin/jar" xf "$path"
    find . -type f | grep -E '\.(so|a|dll|dylib|jnilib)$' | grep -vE '(linux-x86[-_]64|linux/x86_64)' | xargs -r rm -f
    find . -type f -name '*NvPTXCompiler*' -exec rm -f {} +
    mv META-INF/MANIFEST.MF manifest
    find . -type f ! -name manifest | sort | sed 's|^\./||' > ../"${work##*/}.list"
    "$jdk/bin/jar" --create --no-compress --file "$path" --manifest manifest --date $date @../"${work##*/}.list"
  )
  rm -rf "$work" "$work.list"
done

# JNA and picocli know java.desktop and java.sql, but work without.
modules() {
  "$jdk/bin/jdeps" --multi-release 17 --ignore-missing-deps --module-path "$out/lib" \
    --print-module-deps "$1" | tr ',' '\n' | sed -nE '/^(java|jdk)\./p'
}
needed=$(
  for jar in "$out"/lib/*.jar; do
    case $jar in
      */jna-* | */picocli-*) modules "$jar" | sed -E '/^java\.(desktop|sql)$/d' ;;
      *) modules "$jar" ;;
    esac
  done | sed '/^$/d' | sort -u | paste -sd,
)
# What data download needs for https, which nothing refers to by name.
needed=$needed,jdk.crypto.ec
echo "Java modules: $needed"
"$jdk/bin/jlink" --module-path "$jdk/jmods" --add-modules "$needed" --output "$out/runtime" \
  --strip-debug --compress 0 --no-header-files --no-man-pages --vm server

tar --sort=name --mtime=$date --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
  -C target/bundle -cf - "$name" | xz -T 1 --x86 --lzma2=preset=9 > "target/$name.tar.xz.part"
mv "target/$name.tar.xz.part" "target/$name.tar.xz"
ls -l "target/$name.tar.xz"
