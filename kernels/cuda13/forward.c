// A library under a CUDA 12 name whose functions jump to the CUDA 13 library: JCuda's natives are bound
// to libcublas.so.12 and libnvrtc.so.12 by versioned names, while the functions they call are the same in
// both. A jump leaves registers and stack as they are, so no signature need be known here.
//
// -D: TARGET (the file to forward to), COMPANION (a file beside it that it opens itself), SYMBOLS (a list of SYMBOL(name, 8 * index) lines),
//     ABSENT (what a call returns if the library is not there), UNKNOWN (if it lacks the function).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOL(name, offset) #name,
static const char* const names[] = {
#include SYMBOLS
};
#undef SYMBOL

#define COUNT (sizeof names / sizeof *names)
#define HIDDEN __attribute__((visibility("hidden")))
HIDDEN void* forward_slots[COUNT];

#define SYMBOL(name, offset)                                       \
  __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" \
          ".balign 16\n" #name ":\nendbr64\njmp *forward_slots+" #offset "(%rip)\n" \
          ".size " #name ", .-" #name "\n");
#include SYMBOLS
#undef SYMBOL

static intptr_t absent(void) { return ABSENT; }
static intptr_t unknown(void) { return UNKNOWN; }
static const char* no_text(void) { return TARGET " has no text for it"; }

static int ends_with(const char* text, const char* end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

static void* open_file(const char* folder, const char* file) {
  char pattern[4200];
  snprintf(pattern, sizeof pattern, "%s/%s", folder, file);
  glob_t found;
  void* library = NULL;
  if (glob(pattern, 0, NULL, &found) == 0) {
    library = dlopen(found.gl_pathv[found.gl_pathc - 1], RTLD_NOW | RTLD_LOCAL);
  }
  globfree(&found);
  return library;
}

static void* open_in(const char* folder) {
  // In a folder the loader does not know, the library would not find its companion by name.
  open_file(folder, COMPANION);
  return open_file(folder, TARGET);
}

static void* open_target(void) {
  void* library = dlopen(TARGET, RTLD_NOW | RTLD_LOCAL);
  const char* variables[] = {"CUDA_HOME", "CUDA_PATH"};
  for (int i = 0; !library && i < 2; i++) {
    const char* toolkit = getenv(variables[i]);
    if (toolkit && *toolkit) {
      char folder[4000];
      snprintf(folder, sizeof folder, "%s/lib64", toolkit);
      library = open_in(folder);
      if (!library) {
        snprintf(folder, sizeof folder, "%s/lib", toolkit);
        library = open_in(folder);
      }
    }
  }
  const char* folders[] = {"/usr/local/cuda/lib64", "/usr/local/cuda-13*/lib64", "/opt/cuda/lib64"};
  for (int i = 0; !library && i < 3; i++) library = open_in(folders[i]);
  return library;
}

__attribute__((constructor)) static void bind(void) {
  void* library = open_target();
  if (!library) {
    fprintf(stderr,
            "sakd: " TARGET " was not found; expected it where the loader looks, in CUDA_HOME/lib64 or in "
            "/usr/local/cuda/lib64; set CUDA_HOME to the CUDA 13 toolkit\n");
  }
  for (size_t i = 0; i < COUNT; i++) {
    void* function = library ? dlsym(library, names[i]) : NULL;
    if (!function) {
      // Two functions of each library return text.
      const int text = ends_with(names[i], "String") || ends_with(names[i], "StatusName");
      function = text ? (void*)no_text : library ? (void*)unknown : (void*)absent;
    }
    forward_slots[i] = function;
  }
}
