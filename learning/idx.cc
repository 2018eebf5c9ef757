#include "learning/idx.h"

#include "learning/data_file.h"
#include "learning/datasets.h"
#include "learning/image_dataset.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace murmur {
namespace {

// 0x08: unsigned bytes; last byte: the number of dimensions.
constexpr std::uint32_t kImagesMagic = 0x00000803;
constexpr std::uint32_t kLabelsMagic = 0x00000801;
constexpr std::uint32_t kMaxSide = 4096;

/// A family of files: how their names begin, and how many classes they have.
struct Family {
    std::string train_prefix;
    std::string test_prefix;
    std::int64_t num_classes;
};

const std::array<Family, 7>& families() {
    static const std::array<Family, 7> all = {{
        {"train", "t10k", 10},
        {"emnist-balanced-train", "emnist-balanced-test", 47},
        {"emnist-byclass-train", "emnist-byclass-test", 62},
        {"emnist-bymerge-train", "emnist-bymerge-test", 47},
        {"emnist-digits-train", "emnist-digits-test", 10},
        {"emnist-letters-train", "emnist-letters-test", 27},  // labels 1 ... 26; 0 stays unused
        {"emnist-mnist-train", "emnist-mnist-test", 10},
    }};
    return all;
}

/// Returns the plain file where there is one, else the compressed one; both names in the message
/// where there is neither.
std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& name) {
    for (const char* suffix : {"", ".gz"}) {
        if (is_file(folder / (name + suffix))) {
            return folder / (name + suffix);
        }
    }
    throw std::invalid_argument(
        fmt::format("dataset idx: {}: neither {} nor {}.gz is there", folder.string(), name, name));
}

Family find_family(const std::filesystem::path& folder) {
    std::optional<Family> found;
    for (const Family& family : families()) {
        const std::string name = family.train_prefix + "-images-idx3-ubyte";
        if (!is_file(folder / name) && !is_file(folder / (name + ".gz"))) {
            continue;
        }
        if (found) {
            throw std::invalid_argument(fmt::format(
                "dataset idx: {}: holds both {}-* and {}-*, allowed one data set per folder",
                folder.string(),
                found->train_prefix,
                family.train_prefix));
        }
        found = family;
    }
    // Without any, the search for MNIST's own names says what is missing.
    return found.value_or(families().front());
}

std::uint32_t read_big_endian(DataFile& file, std::string_view what) {
    const std::vector<std::uint8_t> b = file.read(4, what);
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

void expect_magic(DataFile& file, std::uint32_t magic) {
    const std::uint32_t got = read_big_endian(file, "the magic number");
    if (got != magic) {
        file.fail(fmt::format(
            "offset 0: wrong magic number, got {:#010x}, allowed {:#010x}", got, magic));
    }
}

std::uint32_t read_dimension(DataFile& file, std::string_view what, std::uint32_t max) {
    const std::uint32_t value = read_big_endian(file, what);
    if (value < 1 || value > max) {
        file.fail(fmt::format("{} is out of range, got {}, allowed 1 ... {}", what, value, max));
    }
    return value;
}

void read_images(const std::filesystem::path& path, ImageData& images) {
    DataFile file("idx", path);
    expect_magic(file, kImagesMagic);
    const std::uint64_t count = read_dimension(file, "the number of images", UINT32_MAX);
    const std::uint64_t height = read_dimension(file, "the image height", kMaxSide);
    const std::uint64_t width = read_dimension(file, "the image width", kMaxSide);
    images.shape = {1, static_cast<std::int64_t>(height), static_cast<std::int64_t>(width)};
    images.pixels = file.read(count * height * width, "pixels");
    file.expect_end();
}

void read_labels(const std::filesystem::path& path, ImageData& images) {
    DataFile file("idx", path);
    expect_magic(file, kLabelsMagic);
    const std::uint64_t count = read_dimension(file, "the number of labels", UINT32_MAX);
    const std::uint64_t num_images = images.pixels.size() / (images.shape[1] * images.shape[2]);
    if (count != num_images) {
        file.fail(fmt::format(
            "holds {} labels for {} images, allowed one label per image", count, num_images));
    }
    const std::vector<std::uint8_t> labels = file.read(count, "labels");
    file.expect_end();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] >= images.num_classes) {
            file.fail(fmt::format("record {}: label out of range, got {}, allowed 0 ... {}",
                                  i,
                                  labels[i],
                                  images.num_classes - 1));
        }
    }
    images.labels.assign(labels.begin(), labels.end());
}

ImageData read_pair(const std::filesystem::path& folder,
                    const std::string& prefix,
                    std::int64_t num_classes) {
    ImageData images{{}, num_classes, {}, {}};
    read_images(find_file(folder, prefix + "-images-idx3-ubyte"), images);
    read_labels(find_file(folder, prefix + "-labels-idx1-ubyte"), images);
    return images;
}

}  // namespace

DatasetPair load_idx(const std::filesystem::path& folder) {
    require_folder("idx", folder);
    const Family family = find_family(folder);
    ImageData train = read_pair(folder, family.train_prefix, family.num_classes);
    ImageData test = read_pair(folder, family.test_prefix, family.num_classes);
    if (train.shape != test.shape) {
        throw std::invalid_argument(fmt::format(
            "dataset idx: {}: training images are {} x {}, test images {} x {}, allowed one size",
            folder.string(),
            train.shape[1],
            train.shape[2],
            test.shape[1],
            test.shape[2]));
    }
    return {make_image_dataset(std::move(train)), make_image_dataset(std::move(test))};
}

void register_idx(DatasetRegistry& registry) {
    registry.add(
        {"idx",
         "MNIST, Fashion-MNIST or one EMNIST split in IDX format, plain or .gz",
         {folder_option()}},
        [](const Options& options, std::uint64_t) { return load_idx(options.text("folder")); });
}

}  // namespace murmur
