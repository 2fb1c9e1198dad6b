# weir_module(NAME SOURCES ... HEADERS ... PUBLIC ... PRIVATE ...)
# A library weir_NAME with alias weir::NAME. HEADERS compile on their own: a source includes the
# header of its name first (ci/lint holds that), and all_verify_interface_header_sets compiles the
# headers that have no such source.
function(weir_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE" ${ARGN})
  add_library(weir_${name} STATIC ${ARG_SOURCES})
  add_library(weir::${name} ALIAS weir_${name})
  set(alone ${ARG_HEADERS})
  foreach(source IN LISTS ARG_SOURCES)
    string(REGEX REPLACE "\\.cc$" ".h" header ${source})
    list(REMOVE_ITEM alone ${header})
  endforeach()
  target_sources(weir_${name} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ARG_HEADERS}
    FILE_SET alone TYPE HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${alone})
  set_target_properties(weir_${name} PROPERTIES
    VERIFY_INTERFACE_HEADER_SETS ON INTERFACE_HEADER_SETS_TO_VERIFY alone)
  target_link_libraries(weir_${name} PUBLIC weir_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# weir_test(NAME SOURCES ... LIBRARIES ... LABELS ... TIMEOUT s)
# A GoogleTest program; every TEST is one ctest case, so that ctest -j runs them side by side.
# Labels: the name of the folder, and LABELS or else "unit". What is "unit" also runs under
# ASan+UBSan (target unit_tests), what is tests/loadgen and "unit" under TSan (target
# unit_tests_loadgen); "slow" and "bench" are left out of ci/test.
# The two folders that a test may read are relative, so that ccache serves clones in other places;
# ctest runs each test in the root of the checkout.
function(weir_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  if(WEIR_SANITIZE)
    math(EXPR ARG_TIMEOUT "4 * ${ARG_TIMEOUT}")
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)

  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE weir_options ${ARG_LIBRARIES} GTest::gtest_main)
  # A test runs once for each time it is compiled. GCC 12 sees std::string's small buffer overrun at
  # -O1 (of the family of GCC bug 105329).
  set_target_properties(${name} PROPERTIES WEIR_TEST ON)
  if(WEIR_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  else()
    target_compile_options(${name} PRIVATE -O1 $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>)
  endif()
  target_compile_definitions(${name} PRIVATE WEIR_GOLDEN_DIR="tests/golden" WEIR_SOURCE_DIR=".")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 30 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    TEST_LIST ${name}_cases PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  _weir_label_tests(${name} "${folder};${ARG_LABELS}")

  if("unit" IN_LIST ARG_LABELS)
    foreach(group IN ITEMS unit_tests unit_tests_${folder})
      if(NOT TARGET ${group})
        add_custom_target(${group})
      endif()
      add_dependencies(${group} ${name})
    endforeach()
  endif()
endfunction()

# gtest_discover_tests flattens a list in its PROPERTIES, so more than one label needs a file of
# its own, read by ctest after the one that lists the cases.
function(_weir_label_tests name labels)
  set(file ${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake)
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT
"if(@name@_cases)
  set_tests_properties(\${@name@_cases} PROPERTIES LABELS \"@labels@\")
endif()
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${file})
endfunction()
