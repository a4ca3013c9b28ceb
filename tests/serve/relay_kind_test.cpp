#include "serve/relay_kind.hpp"

#include "catch.hpp"

using namespace framepipe;
using namespace framepipe::serve;
using What = RelayKind::What;

TEST_CASE("pictures are told by what stands behind their key", "[serve]") {
    const RelayKind url = relay_kind("img=sq=data:image/jpeg;base64,/9j/", true);
    CHECK(url.what == What::picture);
    CHECK(url.key == "img=sq");
    CHECK(url.slot() == "img=sq");
    const RelayKind bare = relay_kind("data:image/png;base64,iVBO", true);
    CHECK(bare.what == What::picture);
    CHECK(bare.key.empty());
    CHECK(bare.slot() == "image/png");
    const RelayKind jpeg = relay_kind("cam=\xff\xd8\xff\xe0", false);
    CHECK(jpeg.what == What::picture);
    CHECK(jpeg.key == "cam");
    CHECK(jpeg.type == "image/jpeg");
    CHECK(relay_kind("\xff\xd8\xff\xe0", false).slot() == "image/jpeg");
    CHECK(relay_kind("cam=\xff\xd8\xff\xe0", true).what == What::other);
    CHECK(relay_kind("a=b=c=d=e=data:image/png;base64,iVBO", true).what == What::other);
    CHECK(relay_kind("two words=data:image/png;base64,iVBO", true).what == What::other);
    CHECK(relay_kind("=data:image/png;base64,iVBO", true).what == What::other);
    CHECK(relay_kind("", false).what == What::other);
}

TEST_CASE("numbers are numbers, and lists of them", "[serve]") {
    for (const char* numbers : {"7", "-1.5e-3", "a1=sq=[0.5, 1, nan]", "x=[[1,2],[3,4]]", "t=(1, 2)", "a=1,2,3"})
        CHECK(relay_kind(numbers, true).what == What::numbers);
    for (const char* other : {"", "Hello WebSockets!", "a=", "a=one", "a=[]", "an", "{\"a\":1}", "a=1;b=2"})
        CHECK(relay_kind(other, true).what == What::other);
    CHECK(relay_kind("7", false).what == What::other);
}

TEST_CASE("a broken picture is none", "[serve]") {
    CHECK_FALSE(relayed_picture(relay_kind("img=data:image/png;base64,!!", true), true));
    CHECK_FALSE(relayed_picture(relay_kind("\xff\xd8\xff\xe0 cut", false), false));
}
