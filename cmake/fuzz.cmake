# weir_fuzz(NAME SOURCES ... LIBRARIES ... CORPUS folder)
# SOURCES define LLVMFuzzerTestOneInput. With clang it makes the libFuzzer program NAME; with every
# compiler the test NAME_replay, which feeds all files of CORPUS (a folder under tests/fuzz/corpus)
# and seeded damage of each through the same function. Real fuzzing wants the `fuzz` preset, in
# which the libraries are instrumented too.
function(weir_fuzz name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;LIBRARIES" ${ARGN})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE weir_options ${ARG_LIBRARIES})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endif()
  add_executable(${name}_replay ${ARG_SOURCES} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_test.cc)
  target_link_libraries(${name}_replay PRIVATE
    weir_options weir::base ${ARG_LIBRARIES} GTest::gtest_main)
  # Relative, as in weir_test: ctest runs it in the root of the checkout.
  target_compile_definitions(${name}_replay PRIVATE
    WEIR_CORPUS_DIR="tests/fuzz/corpus/${ARG_CORPUS}")
  add_test(NAME ${name}_replay COMMAND ${name}_replay WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name}_replay PROPERTIES LABELS "fuzz;unit" TIMEOUT 60)
  if(NOT TARGET unit_tests)
    add_custom_target(unit_tests)
  endif()
  add_dependencies(unit_tests ${name}_replay)
endfunction()
