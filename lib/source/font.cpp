#include "source/font.hpp"

namespace framepipe {

std::array<std::uint8_t, kGlyphHeight> glyph(char letter) {
    switch (letter) {
        case '0':
            return {0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110};
        case '1':
            return {0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110};
        case '2':
            return {0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111};
        case '3':
            return {0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110};
        case '4':
            return {0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010};
        case '5':
            return {0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110};
        case '6':
            return {0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110};
        case '7':
            return {0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000};
        case '8':
            return {0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110};
        case '9':
            return {0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100};
        case ':':
            return {0b00000, 0b00100, 0b00100, 0b00000, 0b00100, 0b00100, 0b00000};
        case '.':
            return {0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100};
        case '#':
            return {0b01010, 0b01010, 0b11111, 0b01010, 0b11111, 0b01010, 0b01010};
        case 'x':
            return {0b00000, 0b00000, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001};
        case '-':
            return {0b00000, 0b00000, 0b00000, 0b11111, 0b00000, 0b00000, 0b00000};
        default:
            return {};
    }
}

}  // namespace framepipe
