// Streams of other programs, read as frames.
#include "frame/dialects.hpp"

#include <thread>
#include <vector>

#include "catch.hpp"
#include "files.hpp"
#include "frame/clock.hpp"
#include "frame/error.hpp"
#include "pictures.hpp"

using namespace framepipe;
using namespace framepipe_test;

namespace {

InputOptions plain(bool lines = false) {
    InputOptions options;
    options.stamp = false;
    options.lines = lines;
    return options;
}

/// All frames, each as "HEADER PAYLOAD"; at the end "error: WORDS" if it failed.
std::vector<std::string> read_all(FrameInput& input) {
    std::vector<std::string> all;
    try {
        while (const auto frame = input.next()) all.push_back(frame->header.text() + " " + std::string(frame->payload.text()));
    } catch (const Error& error) {
        all.push_back("error: "s + error.what());
    }
    return all;
}

/// The stream from memory and from a pipe, in one piece and byte by byte: always the same.
std::vector<std::string> read_all(const std::string& stream, const InputOptions& options = plain()) {
    const auto from_memory = read_all(*open_input(Bytes::copy_of(stream), options));
    for (const std::size_t step : {std::size_t{1}, stream.size()}) {
        Pipe pipe;
        std::jthread feeder([&] {
            for (std::size_t at = 0; at < stream.size(); at += step) pipe.put(std::string_view(stream).substr(at, step));
            pipe.write.reset();
        });
        const auto from_pipe = read_all(*open_input(pipe.read.get(), options));
        // A message quotes what can be had without waiting, which is less in a slow pipe.
        if (from_memory.empty() || !from_memory.back().starts_with("error: ")) CHECK(from_pipe == from_memory);
        CHECK(from_pipe.size() == from_memory.size());
        ByteReader(pipe.read.get()).skip(stream.size());  // what an error left, so that the feeder can end
    }
    return from_memory;
}

std::string last(const std::vector<std::string>& all) {
    return all.empty() ? "" : all.back();
}

std::string picture(const std::string& type, int width, int height, const std::string& bytes) {
    return R"({"type":")" + type + R"(","width":)" + std::to_string(width) + R"(,"height":)" + std::to_string(height) + "} " + bytes;
}

std::string raw(const std::string& format, int width, int height, const std::string& more, const std::string& bytes) {
    return R"({"type":"image/x-raw","format":")" + format + R"(","width":)" + std::to_string(width) + R"(,"height":)" +
           std::to_string(height) + more + "} " + bytes;
}

using Frames = std::vector<std::string>;

}  // namespace

TEST_CASE("pictures follow one another with nothing between, kinds mixed", "[dialects]") {
    const Frames want = {picture("image/png", 3, 2, png(3, 2)), picture("image/jpeg", 640, 480, jpeg(640, 480)),
                         picture("image/webp", 16, 9, webp_lossy(16, 9)), picture("image/png", 4, 4, png(4, 4))};
    CHECK(read_all(png(3, 2) + jpeg(640, 480) + webp_lossy(16, 9) + png(4, 4)) == want);
}

TEST_CASE("zeros and fill bytes between JPEGs are skipped", "[dialects]") {
    const std::string one = jpeg(8, 8);
    const Frames want(3, picture("image/jpeg", 8, 8, one));
    CHECK(read_all(one + "\0\0\0"s + one + "\xff\xff" + one + "\0\xff"s) == want);
}

TEST_CASE("a run of pictures cut at any byte ends in an error that says where", "[dialects]") {
    for (const std::string& whole : {jpeg(8, 8), png(3, 2), webp_lossy(2, 2)}) {
        for (std::size_t n = 1; n < whole.size(); ++n) {
            INFO("cut after byte " << n);
            const auto first = read_all(*open_input(Bytes::copy_of(whole.substr(0, n)), plain()));
            CHECK_THAT(last(first), ContainsSubstring("ended inside"));
            CHECK(first.size() == 1);
            const auto second = read_all(*open_input(Bytes::copy_of(whole + whole.substr(0, n)), plain()));
            if (n == 1 && whole[0] == '\xff') continue;  // a fill byte
            CHECK_THAT(last(second),
                       ContainsSubstring("frame 1 on stdin: at byte " + std::to_string(whole.size()) + ": input ended inside the picture"));
        }
    }
}

TEST_CASE("text that a program printed between pictures is quoted", "[dialects]") {
    const auto all = read_all(png(3, 2) + "Warning: low light\n" + png(3, 2));
    CHECK(all.size() == 2);
    CHECK_THAT(last(all), ContainsSubstring("frame 1 on stdin: at byte " + std::to_string(png(3, 2).size()) +
                                            ": not a picture but text: \"Warning: low light\""));
}

TEST_CASE("a picture over the limit is refused before it is taken in", "[dialects]") {
    InputOptions options = plain();
    options.max_frame = 100;
    CHECK_THAT(last(read_all("RIFF\xff\xff\xff\x7fWEBPVP8 ", options)),
               ContainsSubstring("payload of 2147483656 bytes is over the limit of 100"));
    CHECK_THAT(last(read_all("\x89PNG\r\n\x1a\n\x7f\xff\xff\xffIHDR", options)), ContainsSubstring("is over the limit of 100"));
    CHECK_THAT(last(read_all("\xff\xd8\xff\xda" + std::string(300, 'x'), options)), ContainsSubstring("is over the limit of 100"));
}

TEST_CASE("pictures and lines over the limit can be left out", "[dialects]") {
    int left_out = 0;
    std::string words;
    InputOptions options = plain(true);
    options.left_out = [&](const std::string& why) {
        ++left_out;
        words = why;
    };
    // From memory, and twice from a pipe.
    const auto check = [&](const std::string& stream, const Frames& want, int large, std::uint64_t limit = 200) {
        left_out = 0;
        options.max_frame = limit;
        CHECK(read_all(stream, options) == want);
        CHECK(left_out == 3 * large);
        CHECK(words == "a frame on stdin is over the limit of " + std::to_string(limit) + " bytes (--max-frame)");
    };
    const std::string small = jpeg(8, 8), small_png = png(3, 2);
    const std::string pixels(200'000, 'x');
    const std::string large = "\xff\xd8" + segment(0xda, "\x01\x01\x00\x00\x00\x00"s) + pixels + "\xff\xd9";
    const std::string endless = "\xff\xd8" + segment(0xda, "\x01\x01\x00\x00\x00\x00"s) + pixels;
    const std::string large_png = "\x89PNG\r\n\x1a\n" + chunk("IHDR", big32(3) + big32(2) + "\x08\x02\0\0\0"s) + chunk("IDAT", pixels) +
                                  chunk("IDAT", pixels) + chunk("IEND", "");
    const std::string large_webp = "RIFF" + little(200'004, 4) + "WEBP" + pixels;
    REQUIRE(small.size() <= 200);
    const Frames two = {picture("image/jpeg", 8, 8, small), picture("image/jpeg", 8, 8, small)};
    SECTION("pictures one after the other") {
        check(small + large + "\0\0"s + small + large, two, 2);
        check(endless + small + endless + small, two, 2);
        check(large + large_png + small_png + large_webp + small + large_png,
              {picture("image/png", 3, 2, small_png), picture("image/jpeg", 8, 8, small)}, 4);
    }
    SECTION("multipart") {
        const auto part = [](const std::string& bytes) {
            return "--b\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n\r\n" + bytes + "\r\n";
        };
        const auto bare = [](const std::string& bytes) { return "--b\r\nContent-Type: image/jpeg\r\n\r\n" + bytes + "\r\n"; };
        check(part(small) + part(large) + part(small), two, 1);
        check(bare(small) + bare(large) + bare(small), two, 1);
        check(bare(small) + bare(endless) + bare(small), two, 1);
        check(bare(small) + bare(pixels) + bare(pixels.substr(0, 300)) + bare(small), two, 2);
    }
    SECTION("PNM and YUV4MPEG2") {
        check("P5 2 1 255\nabP5 500 400 255\n" + pixels + "P5 1 1 255\nc",
              {R"({"type":"image/x-raw","format":"gray","width":2,"height":1} ab)",
               R"({"type":"image/x-raw","format":"gray","width":1,"height":1} c)"},
              1);
        check("YUV4MPEG2 W500 H400 Cmono\nFRAME\n" + pixels + "FRAME\n" + pixels + "YUV4MPEG2 W2 H1 Cmono\nFRAME\nab",
              {R"({"type":"image/x-raw","format":"gray","width":2,"height":1} ab)"}, 2);
    }
    SECTION("lines") {
        check("one\n" + pixels + "\ntwo\n" + pixels, {R"({"type":"text/plain"} one)", R"({"type":"text/plain"} two)"}, 2);
        check("one\n\xff\xff\xff\ntwo\n", {R"({"type":"text/plain"} one)", R"({"type":"text/plain"} two)"}, 1, 4);
    }
}

TEST_CASE("multipart streams are read as each server writes them", "[dialects]") {
    const std::string one = jpeg(8, 8), two = jpeg(16, 8);
    const Frames want = {picture("image/jpeg", 8, 8, one), picture("image/jpeg", 16, 8, two)};
    const auto part = [](const std::string& bytes) {
        return "Content-type: image/jpeg\r\nContent-length: " + std::to_string(bytes.size()) + "\r\n\r\n" + bytes + "\r\n";
    };
    const auto bare = [](const std::string& bytes) { return "Content-Type: image/jpg\r\n\r\n" + bytes + "\r\n"; };

    SECTION("ffmpeg -f mpjpeg") {
        CHECK(read_all("--ffmpeg\r\n" + part(one) + "--ffmpeg\r\n" + part(two) + "--ffmpeg\r\n") == want);
    }
    SECTION("boundary last, from the first part on") {
        CHECK(read_all(part(one) + "--b\r\n" + part(two) + "--b\r\n") == want);
    }
    SECTION("with the head of the HTTP response") {
        CHECK(read_all(
                  "HTTP/1.0 200 OK\r\nServer: MJPG-Streamer/0.2\r\nContent-Type: multipart/x-mixed-replace;boundary=xyz\r\n\r\n--xyz\r\n" +
                  part(one) + "--xyz\r\n" + part(two) + "--xyz--\r\n") == want);
    }
    SECTION("with the stream's own header") {
        CHECK(read_all("Content-Type: multipart/x-mixed-replace;boundary=xyz\r\n\r\n--xyz\r\n" + part(one) + "--xyz\r\n" + part(two)) ==
              want);
    }
    SECTION("a line end first, newlines alone") {
        CHECK(read_all("\n--xyz\nContent-Type: image/jpeg\n\n" + one + "\n--xyz\nContent-Type: image/jpeg\n\n" + two + "\n--xyz--\n") ==
              want);
    }
    SECTION("without Content-Length") {
        CHECK(read_all("--b\r\n" + bare(one) + "--b\r\n" + bare(two) + "--b--\r\n") == want);
    }
    SECTION("padded pictures, empty parts") {
        CHECK(read_all("--b\r\n" + bare(one + "\0\0"s) + "--b\r\n" + part("") + "--b\r\n" + bare(two) + "--b--\r\n") == want);
    }
}

TEST_CASE("a part of unknown length that is no picture ends before the boundary", "[dialects]") {
    const Frames want = {R"({"type":"text/plain"} one --b two)", R"({"type":"text/plain"} )", R"({"type":"application/json"} [1])"};
    CHECK(read_all("--b\r\nContent-Type: Text/Plain; charset=utf-8\r\n\r\none --b two\r\n--b\r\nContent-Type: text/plain\r\n\r\n\r\n--b\r\n"
                   "Content-Type: application/json\r\n\r\n[1]\r\n--b--\r\n") == want);
}

TEST_CASE("a damaged picture in a multipart stream costs only itself", "[dialects]") {
    const std::string cut = jpeg(8, 8).substr(0, 60), whole = jpeg(8, 8);
    const auto all =
        read_all("--b\r\nContent-Type: image/jpeg\r\n\r\n" + cut + "\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n" + whole + "\r\n--b--\r\n");
    REQUIRE(all.size() == 2);
    CHECK_THAT(all[0], Catch::Matchers::EndsWith(cut));
    CHECK(all[1] == picture("image/jpeg", 8, 8, whole));
}

TEST_CASE("X-Timestamp is the capture time, if it is a time", "[dialects]") {
    const auto stamped = [](const std::string& time) {
        return read_all("--b\r\nX-Timestamp: " + time + "\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx\r\n--b\r\n");
    };
    CHECK(last(stamped("1700000000.123456")) == R"({"type":"text/plain","time_us":1700000000123456} x)");
    CHECK(last(stamped("1700000000.5")) == R"({"type":"text/plain","time_us":1700000000500000} x)");
    CHECK(last(stamped("1700000000")) == R"({"type":"text/plain","time_us":1700000000000000} x)");
    CHECK(last(stamped("12.5")) == R"({"type":"text/plain"} x)");
    CHECK(last(stamped("yesterday")) == R"({"type":"text/plain"} x)");
}

TEST_CASE("bad multipart streams end in an error that says why", "[dialects]") {
    const auto error = [](const std::string& stream) { return last(read_all(stream)); };
    CHECK_THAT(error("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n"),
               ContainsSubstring(R"(the server answered "HTTP/1.1 404 Not Found")"));
    CHECK_THAT(error("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"),
               ContainsSubstring(R"(an HTTP response of type "text/html")"));
    CHECK_THAT(error("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), ContainsSubstring("in chunks"));
    CHECK_THAT(error("--b\r\nContent-Length: -5\r\n\r\n"), ContainsSubstring("no length: Content-Length: -5"));
    CHECK_THAT(error("--b\r\nContent-Length: 18446744073709551615\r\n\r\n"), ContainsSubstring("over the limit"));
    CHECK_THAT(error("--b\r\nContent-Length: 9\r\n\r\nshort"), ContainsSubstring("ended inside the part"));
    CHECK_THAT(error("--b\r\nContent-Type: text/plain\r\n\r\nno end"), ContainsSubstring("ended inside the part"));
    CHECK_THAT(error("--b\r\nContent-Type: te"), ContainsSubstring("ended inside the part"));
    CHECK_THAT(error("--b\r\nhello\r\n"), ContainsSubstring(R"(not a header line of the part: "hello")"));
    CHECK_THAT(error("--b\r\n" + std::string(9000, 'x') + "\r\n"), ContainsSubstring("is longer than"));
    std::string many;
    for (int i = 0; i < 200; ++i) many += "X: y\r\n";
    CHECK_THAT(error("--b\r\n" + many + "\r\n"), ContainsSubstring("has more than 100 lines"));
    CHECK_THAT(error("--b\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx\r\nEXCEPTION in thread\r\n"),
               ContainsSubstring(R"(not the boundary "--b" but text: "EXCEPTION in thread")"));
}

TEST_CASE("YUV4MPEG2 comes as planes with range and position", "[dialects]") {
    const std::string yuv420 = "YYYYYYUVUV";  // 3x2: chroma is 2x1
    CHECK(read_all("YUV4MPEG2 W3 H2 F30000:1001 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2 XCOLORRANGE=FULL\nFRAME\n" + yuv420 + "FRAME Ip\n" +
                   yuv420) == Frames{raw("yuv420p", 3, 2, R"(,"range":"full","pts_us":0)", yuv420),
                                     raw("yuv420p", 3, 2, R"(,"range":"full","pts_us":33367)", yuv420)});
    CHECK(read_all("YUV4MPEG2 W3 H2\nFRAME\n" + yuv420) == Frames{raw("yuv420p", 3, 2, "", yuv420)});
    CHECK(read_all("YUV4MPEG2 W3 H1 F0:0 C422 XCOLORRANGE=LIMITED\nFRAME\nYYYUUVV") ==
          Frames{raw("yuv422p", 3, 1, R"(,"range":"limited")", "YYYUUVV")});
    CHECK(read_all("YUV4MPEG2 W1 H2 C444\nFRAME\nYYUUVV") == Frames{raw("yuv444p", 1, 2, "", "YYUUVV")});
    CHECK(read_all("YUV4MPEG2 W2 H2 Cmono\nFRAME\nYYYY") == Frames{raw("gray", 2, 2, "", "YYYY")});
}

TEST_CASE("YUV4MPEG2 streams may be joined", "[dialects]") {
    CHECK(read_all("YUV4MPEG2 W1 H1 F1:1 Cmono\nFRAME\naFRAME\nbYUV4MPEG2 W2 H1 F1:1 Cmono\nFRAME\ncd") ==
          Frames{raw("gray", 1, 1, R"(,"pts_us":0)", "a"), raw("gray", 1, 1, R"(,"pts_us":1000000)", "b"),
                 raw("gray", 2, 1, R"(,"pts_us":0)", "cd")});
}

TEST_CASE("large YUV4MPEG2 pictures keep their bytes", "[dialects]") {
    std::string stream = "YUV4MPEG2 W1000 H700 Cmono\n";
    for (const char c : {'a', 'b', 'c'}) stream += "FRAME\n" + std::string(700'000, c);
    Pipe pipe;
    std::jthread feeder([&] {
        pipe.put(stream);
        pipe.write.reset();
    });
    const auto all = read_all(*open_input(pipe.read.get(), plain()));
    REQUIRE(all.size() == 3);
    CHECK(all[1] == raw("gray", 1000, 700, "", std::string(700'000, 'b')));
    CHECK(all[2] == raw("gray", 1000, 700, "", std::string(700'000, 'c')));
}

TEST_CASE("bad YUV4MPEG2 streams end in an error that says why", "[dialects]") {
    const auto error = [](const std::string& stream) { return last(read_all(stream)); };
    CHECK_THAT(error("YUV4MPEG2 W4 H4 C420p10 XYSCSS=420P10\nFRAME\n"), ContainsSubstring("colour space 420p10 is not supported"));
    CHECK_THAT(error("YUV4MPEG2 W4 H4 C411\nFRAME\n"), ContainsSubstring("colour space 411 is not supported"));
    CHECK_THAT(error("YUV4MPEG2 W4\nFRAME\n"), ContainsSubstring("gives no size that can be"));
    CHECK_THAT(error("YUV4MPEG2 W-4 H4\n"), ContainsSubstring("gives no size that can be"));
    CHECK_THAT(error("YUV4MPEG2 W99999999999 H4\n"), ContainsSubstring("gives no size that can be"));
    CHECK_THAT(error("YUV4MPEG2 W100000 H100000\nFRAME\n"),
               ContainsSubstring("payload of 15000000000 bytes is over the limit of 268435456"));
    CHECK_THAT(error("YUV4MPEG2 W2 H2 Cmono\nFRAME\nabc"), ContainsSubstring("ended inside the picture"));
    CHECK_THAT(error("YUV4MPEG2 W2 H2 Cmono\nFRA"), ContainsSubstring("ended inside the picture's header"));
    CHECK_THAT(error("YUV4MPEG2 W2 H2"), ContainsSubstring("ended inside the stream's header"));
    CHECK_THAT(error("YUV4MPEG2 W2 H2 Cmono\nFRAME\nabcdoops\n"),
               ContainsSubstring(R"(frame 1 on stdin: at byte 32: not a picture but text: "oops")"));
    CHECK_THAT(error("YUV4MPEG2 W2 H2 Cmono\nFRAMES\nabcd"), ContainsSubstring("not a picture's header"));
    CHECK_THAT(error("YUV4MPEG2 W2 H2 " + std::string(5000, 'X') + "\n"), ContainsSubstring("is longer than 4096 bytes"));
}

TEST_CASE("PGM, PPM and PAM come as pixels", "[dialects]") {
    CHECK(read_all("P5 2 1 255\nab") == Frames{raw("gray", 2, 1, "", "ab")});
    CHECK(read_all("P6\n# made by\n# hand\n1 # wide\n1\n255\nabcP6 1 1 255\ndef\n") ==
          Frames{raw("rgb24", 1, 1, "", "abc"), raw("rgb24", 1, 1, "", "def")});
    CHECK(read_all("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\n# alpha\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcd") ==
          Frames{raw("rgba", 1, 1, "", "abcd")});
    CHECK(read_all("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\naAbB") ==
          Frames{raw("rgba", 2, 1, "", "aaaAbbbB")});
}

TEST_CASE("16 bits of Netpbm become little-endian, other depths are scaled exactly", "[dialects]") {
    CHECK(read_all("P5 2 1 65535\n\x12\x34\xff\x00"s) == Frames{raw("gray16le", 2, 1, "", "\x34\x12\x00\xff"s)});
    CHECK(read_all("P6 1 1 65535\nABCDEF") == Frames{raw("rgb48le", 1, 1, "", "BADCFE")});
    CHECK(read_all("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 65535\nENDHDR\nABCD") == Frames{raw("rgba64le", 1, 1, "", "BABABADC")});
    CHECK(read_all("P5 4 1 15\n\x00\x01\x0f\x10"s) == Frames{raw("gray", 4, 1, "", "\x00\x11\xff\xff"s)});
    CHECK(read_all("P5 3 1 1023\n\x00\x00\x03\xff\x02\x00"s) == Frames{raw("gray16le", 3, 1, "", "\x00\x00\xff\xff\x20\x80"s)});
    CHECK(read_all("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n\x00\x01"s) ==
          Frames{raw("gray", 2, 1, "", "\x00\xff"s)});
}

TEST_CASE("bad Netpbm pictures end in an error that says why", "[dialects]") {
    const auto error = [](const std::string& stream) { return last(read_all(stream)); };
    CHECK_THAT(error("P4\n8 1\n\xff"), ContainsSubstring("only binary PGM, PPM and PAM are read"));
    CHECK_THAT(error("P3\n1 1 255 1 2 3"), ContainsSubstring("only binary PGM, PPM and PAM are read"));
    CHECK_THAT(error("P5 2 x 255\n"), ContainsSubstring(R"(not a number in the picture's header: "x")"));
    CHECK_THAT(error("P5 0 2 255\n"), ContainsSubstring("gives no size that can be"));
    CHECK_THAT(error("P5 2 2 70000\n"), ContainsSubstring("maxval is not 1 to 65535"));
    CHECK_THAT(error("P7\nWIDTH 2\nHEIGHT 2\nDEPTH 5\nMAXVAL 255\nENDHDR\n"), ContainsSubstring("depth 5 is no picture"));
    CHECK_THAT(error("P6 100000 100000 255\n"), ContainsSubstring("payload of 30000000000 bytes is over the limit"));
    CHECK_THAT(error("P6 2 2 255\nabc"), ContainsSubstring("ended inside the picture"));
    CHECK_THAT(error("P6 2 2"), ContainsSubstring("ended inside the picture's header"));
    CHECK_THAT(error("P5 1 1 255\naoops"), ContainsSubstring(R"(not a PGM, PPM or PAM picture but text: "oops")"));
    CHECK_THAT(error("P5 #" + std::string(70'000, 'c')), ContainsSubstring("header is longer than 65536 bytes"));
}

TEST_CASE("lines are text frames where they are asked for", "[dialects]") {
    const auto text = [](const std::string& words) { return R"({"type":"text/plain"} )" + words; };
    CHECK(read_all("one\r\ntwo\n\nfour", plain(true)) == Frames{text("one"), text("two"), text(""), text("four")});
    CHECK(read_all("\nsecond\n", plain(true)) == Frames{text(""), text("second")});
    CHECK(read_all("\xef\xbb\xbfmarked\n", plain(true)) == Frames{text("marked")});
    CHECK(read_all("caf\xe9 \xc3\xa9\n", plain(true)) == Frames{text("caf\xef\xbf\xbd \xc3\xa9")});
    CHECK(read_all("", plain(true)).empty());
    for (const auto* words : {"P5 of the plan", "--verbose", "Film", "FPF", "Read me", "Yes", "HTTP is old", "Content", "P"}) {
        CHECK(read_all(words + "\n"s, plain(true)) == Frames{text(words)});
    }
}

TEST_CASE("a line over the limit is an error", "[dialects]") {
    InputOptions options = plain(true);
    options.max_frame = 10;
    const auto all = read_all("0123456789\n01234567890\n", options);
    REQUIRE(all.size() == 2);
    CHECK(all[1] == "error: frame 1 on stdin: at byte 11: a line of more than 10 bytes is over the limit (--max-frame)");
    CHECK_THAT(last(read_all(std::string(200'000, 'x'), options)), ContainsSubstring("is over the limit"));
}

TEST_CASE("what is no text is not taken for lines", "[dialects]") {
    const auto error = [](const std::string& bytes) {
        const std::string words = last(read_all(bytes, plain(true)));
        return words.starts_with("error: ") ? words : "";
    };
    CHECK_THAT(error(std::string(100, '\xff')),
               ContainsSubstring("neither frames nor pictures nor text but bytes that begin with ff ff ff"));
    CHECK_THAT(error("G@" + std::string("\0\x10\0\0\xb0\r", 8)), ContainsSubstring("nor text but bytes that begin with 47 40 00"));
    CHECK_THAT(error("dir/file" + std::string(92, '\0') + "0000644"), ContainsSubstring("nor text"));
    CHECK(error("Gr\xfc\xdf"
                "e\n")
              .empty());
    CHECK(error("Gr\xfc\xdf"
                "e aus M\xfcnchen, und noch mehr\n")
              .empty());
    CHECK(error("\xe4\xbd\xa0\xe5\xa5\xbd, \xe4\xb8\x96\xe7\x95\x8c, \xe4\xbd\xa0\xe5\xa5\xbd\n").empty());
    CHECK(error("\x1b[31mred\x1b[0m\ttext\r\n").empty());
}

TEST_CASE("where lines are text too, the other dialects are still known", "[dialects]") {
    CHECK(last(read_all(jpeg(8, 8), plain(true))) == picture("image/jpeg", 8, 8, jpeg(8, 8)));
    CHECK(last(read_all("P5 1 1 255\na", plain(true))) == raw("gray", 1, 1, "", "a"));
    CHECK(last(read_all("--b\r\nContent-Type: a/b\r\nContent-Length: 1\r\n\r\nx", plain(true))) == R"({"type":"a/b"} x)");
    CHECK_THAT(last(read_all("\x1f\x8b\x08\x00"s, plain(true))), ContainsSubstring("gzip data"));
}

TEST_CASE("what is none of the dialects is named", "[dialects]") {
    const auto error = [](const std::string& stream) { return last(read_all(stream)); };
    CHECK(error("Hello world\nmore") == R"(error: stdin: neither frames nor pictures but text: "Hello world")");
    CHECK_THAT(error(std::string(100, 'x')), ContainsSubstring("\"" + std::string(40, 'x') + "...\""));
    CHECK_THAT(error("F\xc3\xa4hrt los"), ContainsSubstring("text: \"F\xc3\xa4hrt los\""));
    std::string long_word = "x";
    for (int i = 0; i < 30; ++i) long_word += "\xe5\xb0\x8f";
    CHECK_THAT(error(long_word), ContainsSubstring("text: \"" + long_word.substr(0, 40) + "...\""));
    CHECK_THAT(error("\x1b[31mred"), ContainsSubstring(R"(text: "\u001b[31mred")"));
    CHECK_THAT(error("\x01\x02\x03\xf0"), ContainsSubstring("bytes that begin with 01 02 03 f0"));
    CHECK_THAT(error("\x1f\x8b\x08\x00"s), ContainsSubstring("gzip data"));
    CHECK_THAT(error("\0\0\0\x20"s + "ftypisom"), ContainsSubstring("an MP4 or QuickTime film (use capture FILE"));
    CHECK_THAT(error("\x1a\x45\xdf\xa3"), ContainsSubstring("a Matroska or WebM film"));
    CHECK_THAT(error("RIFF\x10\0\0\0AVI LIST"s), ContainsSubstring("an AVI film"));
    CHECK_THAT(error("GIF89a"), ContainsSubstring("a GIF picture"));
    CHECK_THAT(error("\0\0\0\x01\x67\x64"s), ContainsSubstring("H.264"));
    CHECK_THAT(error("FP"), ContainsSubstring("ended inside the first frame, after 2 bytes"));
    CHECK(read_all("").empty());
}

TEST_CASE("a live stream's picture comes out before anything follows it", "[dialects]") {
    const auto waiting = [](const std::string& bytes, bool lines = false) {
        Pipe pipe;  // its write end stays open: reading on would wait for ever
        pipe.put(bytes);
        return open_input(pipe.read.get(), plain(lines))->next().has_value();
    };
    CHECK(waiting(jpeg(8, 8)));
    CHECK(waiting(png(8, 8)));
    CHECK(waiting(webp_lossy(8, 8)));
    CHECK(waiting("--b\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg(8, 8)));
    CHECK(waiting("--b\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx"));
    CHECK(waiting("YUV4MPEG2 W1 H1 Cmono\nFRAME\nx"));
    CHECK(waiting("P5 1 1 255\nx"));
    CHECK(waiting("Hi\n", true));
    CHECK(waiting("\n", true));
}

TEST_CASE("an input that is no dialect is refused without waiting for its end", "[dialects]") {
    Pipe pipe;
    pipe.put("Hello");
    CHECK_THAT(last(read_all(*open_input(pipe.read.get(), plain()))), ContainsSubstring(R"(text: "Hello")"));
}

TEST_CASE("frames of other programs are numbered and stamped with the time they came", "[dialects]") {
    const std::int64_t before = now_us();
    const auto input = open_input(Bytes::copy_of(png(1, 1) + png(1, 1)));
    for (std::int64_t seq = 0; seq < 2; ++seq) {
        const auto frame = input->next();
        REQUIRE(frame);
        CHECK(frame->header.seq() == seq);
        CHECK(frame->header.integer("time_us") >= before);
        CHECK(frame->header.integer("time_us") <= now_us());
        CHECK_FALSE(frame->header.live());
    }
    CHECK_FALSE(input->next());
}
