# Before the package is made of the files that were installed below CPACK_TEMPORARY_DIRECTORY: puts
# Debian's own files beside them, compresses what Debian wants compressed, and finds out what the package
# depends on.
cmake_minimum_required(VERSION 3.25)
set(root ${CPACK_TEMPORARY_DIRECTORY})
set(doc ${root}/usr/share/doc/framepipe)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(put file target)
  configure_file(${file} ${root}/${target} COPYONLY FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()
put(${CPACK_FRAMEPIPE_DEBIAN}/copyright usr/share/doc/framepipe/copyright)
put(${CPACK_FRAMEPIPE_DEBIAN}/changelog usr/share/doc/framepipe/changelog.Debian)
put(${CPACK_FRAMEPIPE_CHANGES} usr/share/doc/framepipe/changelog)
put(${CPACK_FRAMEPIPE_DEBIAN}/lintian-overrides usr/share/lintian/overrides/framepipe)
# Settings are the user's: dpkg asks before it replaces what they changed.
put(${CPACK_FRAMEPIPE_SETTINGS} etc/framepipe/door.conf)

# As dh_compress does it, so that the same build gives the same package.
file(GLOB pages ${root}/usr/share/man/man*/*.[1-9])
run(gzip -9nf ${doc}/changelog.Debian ${doc}/changelog ${pages})

# The packages with the libraries that programs and modules are linked with. A program runs without the
# modules, and says which one it misses, so what they alone need is recommended: an edge that only serves
# is then spared the hundreds of libraries of OpenCV.
file(GLOB programs ${root}/usr/bin/*)
file(GLOB modules ${root}/usr/lib/framepipe/*.so)
set(work ${root}.shlibdeps)
file(MAKE_DIRECTORY ${root}/DEBIAN)  # by which it knows the root of a package
file(WRITE ${work}/debian/control "Source: framepipe\n\nPackage: framepipe\nArchitecture: any\n")
set(arguments "")
foreach(file ${programs})
  list(APPEND arguments -e${file})
endforeach()
list(APPEND arguments -dRecommends)
foreach(file ${modules})
  list(APPEND arguments -e${file})
endforeach()
execute_process(COMMAND dpkg-architecture -a${CPACK_DEBIAN_PACKAGE_ARCHITECTURE} -f -c dpkg-shlibdeps -O ${arguments}
  WORKING_DIRECTORY ${work} OUTPUT_VARIABLE found COMMAND_ERROR_IS_FATAL ANY)
if(NOT found MATCHES "shlibs:Depends=([^\n]+)")
  message(FATAL_ERROR "dpkg-shlibdeps finds nothing that the programs depend on: ${found}")
endif()
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${CMAKE_MATCH_1}")
if(found MATCHES "shlibs:Recommends=([^\n]+)")
  string(PREPEND CPACK_DEBIAN_PACKAGE_RECOMMENDS "${CMAKE_MATCH_1}, ")
endif()
file(REMOVE_RECURSE ${work} ${root}/DEBIAN)
