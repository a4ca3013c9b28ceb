# Writes the C++ file that holds the files of the page:
#   cmake -DFILES=index.html=/folder/index.html,part/a.js=/folder/a.js -DOUTPUT=web_assets.cpp -P embed.cmake
# Each file has the name by which the server knows it, and the place where it is found.
# The bytes stand in string literals, which every compiler reads fast; an array of numbers takes seconds.
cmake_minimum_required(VERSION 3.25)

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_ico "image/x-icon")

# The bytes of a file as a C++ string literal. Every byte is an escape, so none runs into the next.
function(literal file result)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(................................................................)" "\\1\n" lines "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" lines "${lines}")
  string(REPLACE "\n" "\"\n    \"" lines "${lines}")
  set(${result} "\"${lines}\"" PARENT_SCOPE)
endfunction()

string(REPLACE "," ";" files "${FILES}")
list(SORT files)
list(FILTER files EXCLUDE REGEX "^index\\.html=")
string(REGEX MATCH "index\\.html=[^,]+" index "${FILES}")
list(PREPEND files ${index})  # its path, "/", comes first
set(packed ${OUTPUT}.gz)
set(entries "")
foreach(file IN LISTS files)
  string(REGEX REPLACE "=.*" "" name "${file}")
  string(REGEX REPLACE "^[^=]*=" "" file "${file}")
  get_filename_component(ending ${name} LAST_EXT)
  string(SUBSTRING ${ending} 1 -1 ending)
  if(NOT DEFINED type_${ending})
    message(FATAL_ERROR "${name}: no content type is known for .${ending}")
  endif()
  execute_process(COMMAND gzip -9nc ${file} OUTPUT_FILE ${packed} COMMAND_ERROR_IS_FATAL ANY)
  file(SIZE ${file} size)
  file(SIZE ${packed} packed_size)
  literal(${file} body)
  if(packed_size LESS size)
    literal(${packed} gzip)
  else()
    set(gzip "\"\"")
  endif()
  file(SHA256 ${file} hash)
  string(SUBSTRING ${hash} 0 16 hash)
  string(REGEX REPLACE "^/index.html$" "/" path "/${name}")
  string(APPEND entries "    {\"${path}\", \"${type_${ending}}\", \"\\\"${hash}\\\"\", bytes(\n    ${body}), bytes(\n    ${gzip})},\n")
endforeach()
file(REMOVE ${packed})

file(WRITE ${OUTPUT} "// Made by embed.cmake.
#include \"web_assets.hpp\"

namespace framepipe {
namespace {

template <std::size_t N>
std::span<const std::byte> bytes(const char (&text)[N]) {
    return std::as_bytes(std::span<const char>(text, N - 1));
}

const WebAsset kAssets[] = {
${entries}};

}  // namespace

std::span<const WebAsset> web_assets() { return kAssets; }

}  // namespace framepipe
")
