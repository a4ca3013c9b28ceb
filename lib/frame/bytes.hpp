// Bytes that are written once and then shared without copies.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace framepipe {

/// Immutable bytes with shared ownership: copies are cheap, and any thread may read.
class Bytes {
public:
    Bytes() = default;
    /// Views `view`, which stays valid as long as `owner` lives.
    Bytes(std::shared_ptr<const void> owner, std::span<const std::byte> view) : owner_(std::move(owner)), view_(view) {}

    static Bytes copy_of(std::span<const std::byte> view);
    static Bytes copy_of(std::string_view text);
    static Bytes from(std::string text);
    static Bytes from(std::vector<std::byte> bytes);

    const std::byte* data() const { return view_.data(); }
    std::size_t size() const { return view_.size(); }
    bool empty() const { return view_.empty(); }
    std::span<const std::byte> span() const { return view_; }
    operator std::span<const std::byte>() const { return view_; }
    std::string_view text() const { return {reinterpret_cast<const char*>(view_.data()), view_.size()}; }

    /// A part of these bytes, sharing the ownership.
    Bytes part(std::size_t offset, std::size_t size) const { return {owner_, view_.subspan(offset, size)}; }

private:
    std::shared_ptr<const void> owner_;
    std::span<const std::byte> view_;
};

/// Bytes being written: uninitialised memory with one owner. Large blocks are kept for the next
/// frame when they are released, since fresh pages cost more than copying into used ones.
class Block {
public:
    Block() = default;
    explicit Block(std::size_t size);
    Block(Block&& other) noexcept
        : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)), capacity_(std::exchange(other.capacity_, 0)) {}
    Block& operator=(Block&& other) noexcept {
        memory_ = std::move(other.memory_);
        size_ = std::exchange(other.size_, 0);
        capacity_ = std::exchange(other.capacity_, 0);
        return *this;
    }

    std::byte* data() { return memory_.get(); }
    const std::byte* data() const { return memory_.get(); }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    std::span<std::byte> span() { return {memory_.get(), size_}; }
    std::span<const std::byte> span() const { return {memory_.get(), size_}; }

    /// Changes the size; contents up to the smaller size stay, new bytes are uninitialised.
    void resize(std::size_t size);

    /// Makes the contents immutable and shareable, without a copy.
    Bytes share() &&;

private:
    struct Release {
        std::size_t capacity;
        void operator()(std::byte* memory) const noexcept;
    };
    std::unique_ptr<std::byte[], Release> memory_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace framepipe
