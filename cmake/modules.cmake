# weir_module(NAME SOURCES ... HEADERS ... PUBLIC ... PRIVATE ...)
# A library weir_NAME with alias weir::NAME. HEADERS are checked to compile on their own.
function(weir_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE" ${ARGN})
  add_library(weir_${name} STATIC ${ARG_SOURCES})
  add_library(weir::${name} ALIAS weir_${name})
  target_sources(weir_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ARG_HEADERS})
  set_target_properties(weir_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_link_libraries(weir_${name} PUBLIC weir_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# weir_test(NAME SOURCES ... LIBRARIES ... LABELS ...)
# A GoogleTest program; every TEST is one ctest case, so that ctest -j runs them side by side.
function(weir_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE weir_options ${ARG_LIBRARIES} GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    WEIR_GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/golden" WEIR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 30
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
