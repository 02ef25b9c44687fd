# Targets of SAKD. Each works as the very first command of a fresh clone.
#
#   make train   trains on the bundled images: teacher, SAKD and direct training, two or three minutes
#   make sakd    builds the launcher target/sakd, a faster start than "mvn exec:java"
#   make test    Java tests on every device present; native tests of the kernels, also under sanitizers
#   make check-cuda   compiles the kernels for GPUs with nvcc; fails if registers spill
#   make check-sass   reads their machine code; fails if it would leave a GPU's memory idle
#   make check-nccl   loads NVIDIA's NCCL as pip unpacks it, NVIDIA_LIBS=site-packages/nvidia; needs no GPU
#   make bench   measures this machine's processor, beside PyTorch if that is installed
#   make bench-gpu   measures an NVIDIA GPU, beside PyTorch and SpikingJelly if those are installed
#   make package target/sakd-VERSION.jar with its sources and Javadoc, as for publishing a library
#   make bundle  target/sakd-linux-x86_64.tar.xz: SAKD with its own Java runtime, for machines without one
#   make cuda13  libraries that let the bundle use a CUDA 13 toolkit; make bundle builds them
#   make visit   target/visit: all that a quarter of an hour on a rented GPU needs; make check-visit rehearses it
#   make lint    checks formatting, and warnings of Error Prone and javac;  make format applies the formatting

.DEFAULT_GOAL := help
MVN := mvn -q

.PHONY: help train sakd test java-test native-test hostcuda check-cuda check-sass check-nccl test-tools bench package bundle bundle-tests check-bundle visit check-visit bench-gpu cuda13 lint format clean

help:
	@sed -n 's/^#   //p' Makefile

train:
	@sh native-tests/tools.sh compiler
	$(MVN) exec:java -Dexec.args="train"

# The phase validate compiles: see exec-maven-plugin in pom.xml.
sakd:
	@sh native-tests/tools.sh compiler
	$(MVN) validate dependency:build-classpath -DincludeScope=runtime -Dmdep.outputFile=target/classpath
	@install -m 755 java/bundle/sakd target/sakd
	@echo "target/sakd is ready; try: target/sakd train"

test: test-tools hostcuda
	mvn -B -ntp test
	$(MAKE) --no-print-directory native-test

java-test:
	mvn -B -ntp test

# What the tests can use beyond a JDK and Maven: a C++ compiler, an OpenCL device on the processor,
# mpirun and doctest. Installed where this user may; else what stays untested is said.
test-tools:
	@sh native-tests/tools.sh

# Stand-ins for CUDA's libraries: with them the cuda device is tested where there is no GPU.
hostcuda:
	@! command -v $(CXX) >/dev/null || $(MAKE) --no-print-directory -C native-tests hostcuda

check-cuda check-sass:
	@$(MAKE) --no-print-directory -C native-tests $@

# Through the binding of the product: its version, every symbol, and the refusal where there is no GPU.
NCCL = $(firstword $(wildcard $(NVIDIA_LIBS)/nccl/lib/libnccl.so.2))
check-nccl:
	@[ -n "$(NCCL)" ] || { echo "check-nccl: no nccl/lib/libnccl.so.2 in NVIDIA_LIBS='$(NVIDIA_LIBS)'; expected the folder nvidia that pip install nvidia-nccl-cu13 leaves in site-packages"; exit 2; }
	$(MVN) test '-P!hostcuda' -Dtest=NcclLibraryTest -Dnccl.library=$(NCCL)

# Without doctest (tools.sh said so) there is nothing to build them with.
native-test:
	@[ ! -e /usr/include/doctest/doctest.h ] || $(MAKE) --no-print-directory -C native-tests test asan warps

bench:
	$(MVN) test-compile
	sh benchmarks/run-cpu.sh

package:
	$(MVN) -Dmaven.test.skip=true package source:jar-no-fork javadoc:jar
	@ls target/sakd-*.jar

SOURCES := $(shell find java/main java/resources kernels pom.xml -type f)
BUNDLE := target/sakd-linux-x86_64.tar.xz

# The bundle has no oneDNN, which is three times as large as the rest and of no use to a GPU.
bundle: $(BUNDLE)
$(BUNDLE): $(SOURCES) $(wildcard java/bundle/*) | cuda13
	rm -rf target/bundle-jars target/sakd-*.jar
	$(MVN) -Dmaven.test.skip=true package license:add-third-party dependency:copy-dependencies \
	  -DincludeScope=runtime -DexcludeGroupIds=org.bytedeco -DoutputDirectory=target/bundle-jars
	cp target/sakd-*.jar target/bundle-jars/
	sh java/bundle/build.sh

# The tests, and what runs them with the bundle's Java; benchmarks/gpu.sh tests wants them. Their data is in
# java/test/resources.
TESTS := target/bundle-tests/built
bundle-tests: $(TESTS)
$(TESTS): $(SOURCES) $(shell find java/test benchmarks/java -name '*.java')
	rm -rf $(@D)
	$(MVN) test-compile dependency:copy@console
	mkdir $(@D)/classes
	cp -r target/test-classes/sakd $(@D)/classes/
	rm -r $(@D)/classes/sakd/bench
	touch $@

# The bundle: at most 24 MB, starts and trains with no Java on the PATH. Its forwarding libraries: called as
# JCuda calls them, with a stand-in for CUDA 13.
check-bundle: bundle
	$(MAKE) --no-print-directory -C kernels/cuda13 test
	sh java/bundle/check.sh

# Settings: see benchmarks/gpu/visit.mk.
visit: bundle bundle-tests hostcuda
	@$(MAKE) --no-print-directory -f benchmarks/gpu/visit.mk

# What make visit packed last.
check-visit:
	@sh benchmarks/gpu/check.sh

bench-gpu: bundle
	sh benchmarks/gpu.sh kernels
	sh benchmarks/gpu.sh steps
	sh benchmarks/gpu.sh public

cuda13:
	$(MAKE) --no-print-directory -C kernels/cuda13

lint:
	$(MVN) spotless:check
	mvn -B -ntp -Plint validate

format:
	$(MVN) spotless:apply

clean:
	$(MVN) clean
	$(MAKE) --no-print-directory -C native-tests clean
