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
