# Writes the C++ file that holds the files of the page:
#   cmake -DPAGE=folder -DFILES=a,b -DOUTPUT=web_assets.cpp -P embed.cmake
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
list(REMOVE_ITEM files index.html)
list(PREPEND files index.html)  # its path, "/", comes first
set(packed ${OUTPUT}.gz)
set(entries "")
foreach(name IN LISTS files)
  get_filename_component(ending ${name} LAST_EXT)
  string(SUBSTRING ${ending} 1 -1 ending)
  if(NOT DEFINED type_${ending})
    message(FATAL_ERROR "${name}: no content type is known for .${ending}")
  endif()
  execute_process(COMMAND gzip -9nc ${PAGE}/${name} OUTPUT_FILE ${packed} COMMAND_ERROR_IS_FATAL ANY)
  file(SIZE ${PAGE}/${name} size)
  file(SIZE ${packed} packed_size)
  literal(${PAGE}/${name} body)
  if(packed_size LESS size)
    literal(${packed} gzip)
  else()
    set(gzip "\"\"")
  endif()
  file(SHA256 ${PAGE}/${name} hash)
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
