# Links a package's library as an archive: what a program starts with is then in its
# place when it is built.  Putting the symbols of shared libraries into their places,
# each time anew, takes longer than listing a folder.
#
# -DDRYDOCK_ARCHIVES=OFF leaves every library shared, for a distribution that mends
# its libraries without building again what stands on them.

option(DRYDOCK_ARCHIVES "Link libraries that have an archive into the programs" ON)

# `target` is what pkg_check_modules() made; one without an archive stays as it is.
function(drydock_link_archive target library)
  find_library(ARCHIVE_OF_${library} lib${library}.a)
  if(DRYDOCK_ARCHIVES AND ARCHIVE_OF_${library})
    set_target_properties(${target} PROPERTIES
      INTERFACE_LINK_LIBRARIES ${ARCHIVE_OF_${library}})
  endif()
endfunction()
