#include "learning/zip_file.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <zip.h>

namespace murmur {
namespace {

struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct Close {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using Entry = std::unique_ptr<zip_file_t, Close>;

Archive open(const std::string& path) {
    int code = 0;
    // As it reads the directory, libzip compares it with what stands before each entry.
    Archive archive(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
    if (!archive) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        const std::string reason = zip_error_strerror(&error);
        zip_error_fini(&error);
        throw std::invalid_argument(fmt::format("no ZIP file, or damaged or cut: {}", reason));
    }
    return archive;
}

void require_intact(zip_t& archive, std::uint64_t index) {
    zip_stat_t about;
    zip_stat_init(&about);
    if (zip_stat_index(&archive, index, 0, &about) != 0) {
        throw std::invalid_argument(
            fmt::format("entry {}: damaged: {}", index, zip_strerror(&archive)));
    }
    const auto fail = [&](const std::string& reason) {
        throw std::invalid_argument(fmt::format("entry {}: damaged: {}", about.name, reason));
    };
    const Entry entry(zip_fopen_index(&archive, index, 0));
    if (!entry) {
        fail(zip_strerror(&archive));
    }
    std::array<std::uint8_t, 1 << 16> chunk;
    std::uint64_t total = 0;
    std::int64_t got = 0;
    do {
        got = zip_fread(entry.get(), chunk.data(), chunk.size());
        total += got > 0 ? static_cast<std::uint64_t>(got) : 0;
    } while (got > 0 && total <= about.size);
    if (got < 0) {
        fail(zip_file_strerror(entry.get()));
    }
    if (total != about.size) {
        fail(fmt::format("got {} bytes, allowed {} as the directory says", total, about.size));
    }
}

}  // namespace

void require_intact_zip(const std::string& path) {
    const Archive archive = open(path);
    const std::int64_t count = zip_get_num_entries(archive.get(), 0);
    for (std::int64_t index = 0; index < count; ++index) {
        require_intact(*archive, static_cast<std::uint64_t>(index));
    }
}

}  // namespace murmur
