#include "volume/slice_prefetch.hpp"

#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace framepipe;
using namespace std::chrono_literals;

namespace {

/// Numbers that are all different, the last axis the closest or the farthest.
Volume numbered(std::array<std::int64_t, 3> sizes, bool last_is_closest) {
    const auto count = static_cast<std::size_t>(sizes[0] * sizes[1] * sizes[2]);
    const auto numbers = std::make_shared<std::vector<std::uint16_t>>(count);
    for (std::size_t i = 0; i < count; ++i) (*numbers)[i] = static_cast<std::uint16_t>(i * 40503);
    Volume volume;
    volume.type = VoxelType::uint16;
    volume.channel_stride = 2;
    std::ptrdiff_t stride = 2;
    for (std::size_t i = 0; i < 3; ++i) {
        const std::size_t axis = last_is_closest ? 2 - i : i;
        volume.axes[axis] = {sizes[axis], stride, 1};
        stride *= sizes[axis];
    }
    volume.first = reinterpret_cast<const std::byte*>(numbers->data());
    volume.memory = numbers;
    return volume;
}

int number_at(const Volume& volume, std::int64_t a, std::int64_t b, std::int64_t c) {
    std::uint16_t number;
    std::memcpy(&number, volume.first + a * volume.axes[0].stride + b * volume.axes[1].stride + c * volume.axes[2].stride, sizeof number);
    return number;
}

/// Asks until the slice is there; the hint may come to nothing.
SlicePrefetch::Found brought(SlicePrefetch& prefetch, std::size_t axis, std::int64_t last, std::int64_t wanted) {
    for (const auto end = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < end;
         std::this_thread::sleep_for(1ms)) {
        prefetch.go_on(axis, last);
        prefetch.settle();
        if (auto found = prefetch.find(axis, wanted); found.volume) return found;
    }
    return {};
}

}  // namespace

TEST_CASE("slices that share their lines of memory are gathered, and are the same", "[prefetch]") {
    const Volume volume = numbered({50, 70, 90}, true);
    SlicePrefetch prefetch(volume);
    for (const std::int64_t wanted : {40, 32, 63, 64, 89}) {
        const auto found = brought(prefetch, 2, wanted, wanted);
        REQUIRE(found.volume);
        int different = 0;
        for (std::int64_t a = 0; a < 50; ++a)
            for (std::int64_t b = 0; b < 70; ++b)
                different += number_at(*found.volume, a, b, found.index) != number_at(volume, a, b, wanted);
        CHECK(different == 0);
        CHECK(found.volume->axes[1].stride == 2);
    }
}

TEST_CASE("slices are gathered at once for who cannot wait, and stay", "[prefetch]") {
    const Volume volume = numbered({50, 70, 90}, true);
    SlicePrefetch prefetch(volume);
    Crew crew(2);
    for (const std::int64_t wanted : {40, 63, 64, 89}) {
        const auto found = prefetch.gather(2, wanted, crew);
        REQUIRE(found.volume);
        int different = 0;
        for (std::int64_t a = 0; a < 50; ++a)
            for (std::int64_t b = 0; b < 70; ++b)
                different += number_at(*found.volume, a, b, found.index) != number_at(volume, a, b, wanted);
        CHECK(different == 0);
        CHECK(prefetch.find(2, wanted / 32 * 32).volume == found.volume);
    }
    CHECK(prefetch.find(2, 40).volume);  // the one before the last
    CHECK_FALSE(prefetch.gather(1, 40, crew).volume);
}

TEST_CASE("colours and axes that run backwards are gathered as they are", "[prefetch]") {
    const Volume plain = numbered({20, 33, 60}, true);
    Volume colours = plain;  // the last axis is 20 voxels of 3 channels
    colours.channels = 3;
    colours.axes[2] = {20, 6, 1};
    Volume backwards = plain;
    backwards.first += 59 * 2;
    backwards.axes[2].stride = -2;
    Volume planes = plain;  // the channels are the first axis
    planes.channels = 3;
    planes.channel_stride = plain.axes[0].stride;
    planes.axes[0].size = 18;
    for (const Volume& volume : {colours, backwards, planes}) {
        SlicePrefetch prefetch(volume);
        Crew crew(1);
        for (const std::int64_t wanted : {0, 13, 19}) {
            const auto found = prefetch.gather(2, wanted, crew);
            REQUIRE(found.volume);
            int different = 0;
            for (std::int64_t a = 0; a < volume.axes[0].size; ++a)
                for (std::int64_t b = 0; b < 33; ++b)
                    for (int c = 0; c < volume.channels; ++c) {
                        Volume one = *found.volume, other = volume;
                        one.first += c * one.channel_stride;
                        other.first += c * other.channel_stride;
                        different += number_at(one, a, b, found.index) != number_at(other, a, b, wanted);
                    }
            CHECK(different == 0);
        }
    }
}

TEST_CASE("the first axis is gathered where it is the closest", "[prefetch]") {
    const Volume volume = numbered({40, 30, 20}, false);
    SlicePrefetch prefetch(volume);
    const auto found = brought(prefetch, 0, 5, 6);
    REQUIRE(found.volume);
    CHECK(number_at(*found.volume, found.index, 7, 8) == number_at(volume, 6, 7, 8));
}

TEST_CASE("the slices that come next in the direction of the last move are gathered too", "[prefetch]") {
    const Volume volume = numbered({50, 70, 200}, true);
    SlicePrefetch prefetch(volume);
    REQUIRE(brought(prefetch, 2, 70, 70).volume);
    CHECK(brought(prefetch, 2, 69, 40).volume);  // backwards: before 64
    CHECK(brought(prefetch, 2, 70, 100).volume);
    CHECK(brought(prefetch, 2, 199, 199).volume);  // behind the last there is nothing
}

TEST_CASE("along other axes nothing is gathered", "[prefetch]") {
    const Volume volume = numbered({50, 70, 90}, true);
    SlicePrefetch prefetch(volume);
    for (const std::size_t axis : {0, 1}) {
        for (const std::int64_t index : {0, 10, 49}) {
            prefetch.go_on(axis, index);
            prefetch.settle();
            CHECK_FALSE(prefetch.find(axis, index).volume);
        }
    }
}

TEST_CASE("what is paused gathers nothing, and goes on when it is told to", "[prefetch]") {
    const Volume volume = numbered({200, 300, 200}, true);
    SlicePrefetch prefetch(volume);
    for (int i = 0; i < 100; ++i) {
        prefetch.go_on(2, i);
        prefetch.pause();
    }
    prefetch.settle();
    CHECK(brought(prefetch, 2, 100, 101).volume);
}
