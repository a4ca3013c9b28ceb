// Many webcams leave the Huffman tables out of their JPEGs, since everybody knows them.
#pragma once

#include "frame/bytes.hpp"

namespace framepipe {

/// The JPEG with the standard Huffman tables (ITU-T T.81, annex K.3) before its scan if it has none
/// of its own; else the very same bytes.
Bytes with_huffman_tables(Bytes jpeg);

}  // namespace framepipe
