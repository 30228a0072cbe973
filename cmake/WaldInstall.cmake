# cmake --install: libraries, headers under include/wald, and the CMake package `wald`.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/wald)

install(TARGETS wald wald_kernels wald_engine wald_optim wald_models
        EXPORT waldTargets FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT waldTargets NAMESPACE wald:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/waldConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/waldConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/waldConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/waldConfig.cmake ${PROJECT_BINARY_DIR}/waldConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindOpenBLAS.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindSLEEF.cmake
        DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
