#pragma once

#include "tests/fuzz/targets.h"
#include "tests/support/temporary_folder.h"

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace murmur::fuzz {

/// A file without a disk, for readers that take a path.
class MemoryFile {
  public:
    MemoryFile() : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
        if (descriptor_ < 0) {
            throw std::runtime_error("cannot make a file in memory");
        }
    }
    ~MemoryFile() { close(descriptor_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    void set(std::span<const std::uint8_t> content) {
        const auto size = static_cast<off_t>(content.size());
        if (ftruncate(descriptor_, 0) != 0 ||
            pwrite(descriptor_, content.data(), content.size(), 0) != size) {
            throw std::runtime_error("cannot write to a file in memory");
        }
    }
    [[nodiscard]] std::string path() const {
        return "/proc/self/fd/" + std::to_string(descriptor_);
    }

  private:
    int descriptor_;
};

/// A folder of such files, for readers that take a folder.
class MemoryFolder {
  public:
    explicit MemoryFolder(const std::map<std::string, Bytes>& contents) : contents_(contents) {
        for (const auto& [name, content] : contents) {
            files_[name].set(content);
            std::filesystem::create_directories((folder_.path() / name).parent_path());
            std::filesystem::create_symlink(files_[name].path(), folder_.path() / name);
        }
    }

    /// Replaces the file that the first byte of the input picks by the rest of the input; all
    /// others are as they were at first.
    void replace_one(std::span<const std::uint8_t> input) {
        if (!changed_.empty()) {
            files_[changed_].set(contents_[changed_]);
        }
        const std::size_t pick = input.empty() ? 0 : input.front() % contents_.size();
        changed_ = std::next(contents_.begin(), static_cast<std::ptrdiff_t>(pick))->first;
        files_[changed_].set(input.empty() ? input : input.subspan(1));
    }

    /// Returns the inputs for which `replace_one` changes nothing.
    [[nodiscard]] std::vector<Bytes> seeds() const {
        std::vector<Bytes> seeds;
        for (const auto& [name, content] : contents_) {
            Bytes& seed = seeds.emplace_back(1, static_cast<std::uint8_t>(seeds.size()));
            seed.insert(seed.end(), content.begin(), content.end());
        }
        return seeds;
    }

    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

  private:
    std::map<std::string, Bytes> contents_;
    std::map<std::string, MemoryFile> files_;
    test::TemporaryFolder folder_;
    std::string changed_;
};

/// Makes the target of a reader that takes the path of one file.
[[nodiscard]] inline Target file_target(std::string name,
                                        std::function<void(const std::string& path)> read,
                                        std::vector<std::string> seeds) {
    const auto file = std::make_shared<MemoryFile>();
    return {std::move(name),
            [file, read = std::move(read)](std::span<const std::uint8_t> input) {
                file->set(input);
                read(file->path());
            },
            [seeds = std::move(seeds)] {
                std::vector<Bytes> all;
                for (const std::string& seed : seeds) {
                    all.push_back(as_bytes(seed));
                }
                return all;
            }};
}

/// Makes the target of a reader that takes a folder; see `MemoryFolder::replace_one`.
[[nodiscard]] inline Target folder_target(
    std::string name,
    std::function<void(const std::filesystem::path& folder)> read,
    const std::map<std::string, Bytes>& contents) {
    const auto folder = std::make_shared<MemoryFolder>(contents);
    return {std::move(name),
            [folder, read = std::move(read)](std::span<const std::uint8_t> input) {
                folder->replace_one(input);
                read(folder->path());
            },
            [folder] { return folder->seeds(); }};
}

}  // namespace murmur::fuzz
