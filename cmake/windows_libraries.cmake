# The libraries of a Windows build, under the names that find_package() gives
# them.  All are headers alone, and the same for every system: links to the
# host's, in a folder of their own, since beside them in /usr/include are headers
# that are the host's only.

set(folder ${CMAKE_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${folder})
foreach(name fmt CLI nlohmann)
  if(NOT EXISTS /usr/include/${name})
    message(FATAL_ERROR "no /usr/include/${name}: ci/setup build installs it")
  endif()
  file(CREATE_LINK /usr/include/${name} ${folder}/${name} SYMBOLIC)
endforeach()

foreach(name fmt::fmt CLI11::CLI11 nlohmann_json::nlohmann_json)
  add_library(${name} INTERFACE IMPORTED)
  target_include_directories(${name} SYSTEM INTERFACE ${folder})
endforeach()
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY)
