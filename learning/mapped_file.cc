#include "learning/mapped_file.h"

#include "learning/data_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace murmur {
namespace {

/// An open file; closed with the object, which a mapping outlives.
struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) {
            close(number);
        }
    }
};

}  // namespace

MappedFile::MappedFile(std::string_view dataset_name, const std::filesystem::path& path) {
    const auto fail = [&](std::string_view what) {
        throw std::invalid_argument(
            fmt::format("dataset {}: {}: {}", dataset_name, path.string(), what));
    };
    if (!is_file(path)) {
        fail("no such file");
    }
    const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat status {};
    if (file.number < 0 || fstat(file.number, &status) != 0) {
        fail("cannot be opened for reading");
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) {
        return;  // nothing to map
    }
    void* const begin = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
    if (begin == MAP_FAILED) {
        fail(fmt::format("cannot be mapped into memory: {}", std::strerror(errno)));
    }
    bytes_ = {static_cast<const std::uint8_t*>(begin), size};
}

MappedFile::~MappedFile() {
    if (!bytes_.empty()) {
        munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
    }
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

}  // namespace murmur
