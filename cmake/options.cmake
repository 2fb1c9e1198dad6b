# Compiler switches that every target of the project shares: the interface target weir_options.
add_library(weir_options INTERFACE)
target_compile_options(weir_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror
  -fno-omit-frame-pointer
  # Paths in messages and debug information begin at the root of the checkout.
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports std::string::insert as overlapping itself (GCC bug 105329).
  target_compile_options(weir_options INTERFACE -Wno-restrict)
endif()
target_include_directories(weir_options INTERFACE ${PROJECT_SOURCE_DIR})

# A sanitizer build must stay one configuration: instrumented code linked with plain code reports
# nonsense.
if(WEIR_SANITIZE)
  target_compile_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  if(WEIR_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What AddressSanitizer finds too, and what more than doubles the time to compile a module.
    target_compile_options(weir_options INTERFACE -fno-sanitize=null,alignment,object-size,vptr)
  endif()
  # Sanitizers watch the code under test: UBSan in the tests themselves took as long to compile as
  # everything else. Here and not in weir_test, because the last of these switches is obeyed.
  target_compile_options(weir_options INTERFACE
    $<$<BOOL:$<TARGET_PROPERTY:WEIR_TEST>>:-fno-sanitize=undefined>)
  target_link_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE})
endif()

# ccache, set up so that clones in different folders serve each other: paths below the root are
# hashed as relative ones, and the working directory is not hashed.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER env
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=4G
    CCACHE_SLOPPINESS=time_macros ${CCACHE})
endif()
