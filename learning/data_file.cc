#include "learning/data_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <zlib.h>

namespace murmur {
namespace {

constexpr std::uint64_t kChunkBytes = std::uint64_t{1} << 20;

/// Drops the path that zlib puts in front of its messages, as `fail` does so too.
std::string_view without_path(std::string_view message) {
    const std::size_t colon = message.rfind(": ");
    return colon == std::string_view::npos ? message : message.substr(colon + 2);
}

}  // namespace

struct DataFile::Stream {
    gzFile file;
    ~Stream() { gzclose_r(file); }
};

DataFile::DataFile(std::string_view dataset_name, const std::filesystem::path& path)
    : DataFile(Name{fmt::format("dataset {}", dataset_name)}, path) {}

DataFile DataFile::named(std::string_view where, const std::filesystem::path& path) {
    return {Name{std::string(where)}, path};
}

DataFile::DataFile(Name where, const std::filesystem::path& path)
    : name_and_path_(fmt::format("{}: {}", where.text, path.string())) {
    // Opening a folder succeeds on Linux; only reading it fails.
    if (!is_file(path)) {
        fail("no such file");
    }
    const gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) {
        fail("cannot be opened for reading");
    }
    stream_.reset(new Stream{file});
}

DataFile::~DataFile() = default;

std::size_t DataFile::read_some(std::span<std::uint8_t> bytes) {
    std::size_t total = 0;
    while (total < bytes.size()) {
        const auto wanted = std::min<std::uint64_t>(bytes.size() - total, kChunkBytes);
        const int got = gzread(stream_->file, bytes.data() + total, static_cast<unsigned>(wanted));
        int error = Z_OK;
        const std::string_view message = gzerror(stream_->file, &error);
        if (got < 0 || (error != Z_OK && error != Z_STREAM_END)) {
            fail(fmt::format("offset {}: damaged or cut: {}", offset_, without_path(message)));
        }
        total += static_cast<std::size_t>(got);
        offset_ += static_cast<std::uint64_t>(got);
        if (static_cast<std::uint64_t>(got) < wanted) {
            break;
        }
    }
    return total;
}

std::vector<std::uint8_t> DataFile::read(std::uint64_t count, std::string_view what) {
    std::vector<std::uint8_t> bytes;
    while (bytes.size() < count) {
        const std::size_t before = bytes.size();
        const auto wanted = std::min<std::uint64_t>(count - before, kChunkBytes);
        bytes.resize(before + wanted);
        const std::size_t got = read_some(std::span(bytes).subspan(before));
        if (got < wanted) {
            fail(fmt::format("offset {}: truncated, got {} of {} bytes of {}",
                             offset_,
                             before + got,
                             count,
                             what));
        }
    }
    return bytes;
}

std::vector<std::uint8_t> DataFile::read_all(std::uint64_t most, std::string_view what) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t got = kChunkBytes; got == kChunkBytes;) {
        const std::size_t before = bytes.size();
        bytes.resize(before + kChunkBytes);
        got = read_some(std::span(bytes).subspan(before));
        bytes.resize(before + got);
        if (bytes.size() > most) {
            fail(fmt::format("more than {} bytes of {}", most, what));
        }
    }
    return bytes;
}

void DataFile::expect_end() {
    std::uint8_t extra = 0;
    const std::uint64_t end = offset_;
    if (read_some(std::span(&extra, 1)) != 0) {
        fail(fmt::format("offset {}: bytes follow where the file should end", end));
    }
}

void DataFile::fail(std::string_view message) const {
    throw std::invalid_argument(fmt::format("{}: {}", name_and_path_, message));
}

bool is_file(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored);
}

void require_folder(std::string_view dataset_name, const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored)) {
        throw std::invalid_argument(
            fmt::format("dataset {}: not a folder, got '{}'", dataset_name, path.string()));
    }
}

}  // namespace murmur
