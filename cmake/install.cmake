# cmake --install build/release [--prefix DIR]: the program, the shipped scenarios, the licence.
include(GNUInstallDirs)
foreach(program IN ITEMS weir weir_cli)
  if(TARGET ${program})
    get_target_property(type ${program} TYPE)
    if(type STREQUAL "EXECUTABLE")
      install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()
  endif()
endforeach()
install(DIRECTORY scenarios/library/ DESTINATION ${CMAKE_INSTALL_DATADIR}/weir/scenarios OPTIONAL
  FILES_MATCHING PATTERN "*.yaml" PATTERN "*.json")
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
