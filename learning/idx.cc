#include "learning/idx.h"

#include "learning/data_file.h"
#include "learning/datasets.h"
#include "learning/image_dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace murmur {
namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;
constexpr std::int64_t kMaxSide = 4096;
constexpr std::int64_t kMaxClasses = 100'000;

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

/// Returns the names that mirrors and tools give to a file: train-images-idx3-ubyte,
/// train-images.idx3-ubyte, with .gz and with other numbers of dimensions.
std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder,
                                               const std::string& prefix,
                                               std::string_view what) {
    for (const char* dot : {"-", "."}) {
        for (int dimensions = 1; dimensions <= 4; ++dimensions) {
            for (const char* type : {"ubyte", "int"}) {
                for (const char* suffix : {"", ".gz"}) {
                    const auto path = folder / fmt::format("{}-{}{}idx{}-{}{}",
                                                           prefix,
                                                           what,
                                                           dot,
                                                           dimensions,
                                                           type,
                                                           suffix);
                    if (is_file(path)) {
                        return path;
                    }
                }
            }
        }
    }
    return std::nullopt;
}

std::filesystem::path require_file(const std::filesystem::path& folder,
                                   const std::string& prefix,
                                   std::string_view what) {
    if (const auto path = find_file(folder, prefix, what)) {
        return *path;
    }
    const std::string name =
        fmt::format("{}-{}-idx{}-ubyte", prefix, what, what == "labels" ? 1 : 3);
    throw std::invalid_argument(fmt::format(
        "dataset idx: {}: neither {} nor {}.gz is there, nor with a dot before idx",
        folder.string(),
        name,
        name));
}

/// Returns the folder itself, or the one below in which torchvision keeps the files: raw, or
/// MNIST/raw, FashionMNIST/raw, ...
std::vector<std::filesystem::path> places(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> all{folder, folder / "raw"};
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
        all.push_back(entry.path() / "raw");
    }
    std::sort(all.begin() + 2, all.end());
    return all;
}

struct Found {
    std::filesystem::path folder;
    Family family;
};

/// Whether a family is the one asked for: that of emnist-SPLIT-train, or any.
bool is_of_split(const Family& family, std::string_view split) {
    return split.empty() || family.train_prefix == fmt::format("emnist-{}-train", split);
}

Found find_family(const std::filesystem::path& folder, std::string_view split) {
    std::vector<Found> found;
    for (const std::filesystem::path& place : places(folder)) {
        for (const Family& family : families()) {
            if (is_of_split(family, split) && find_file(place, family.train_prefix, "images")) {
                found.push_back({place, family});
            }
        }
    }
    if (found.size() > 1) {
        const auto name = [&](const Found& one) {
            const std::string files = one.family.train_prefix + "-*";
            return one.folder == folder
                       ? files
                       : (std::filesystem::relative(one.folder, folder) / files).string();
        };
        throw std::invalid_argument(
            fmt::format("dataset idx: {}: holds both {} and {}, allowed one data set per folder, "
                        "or split=NAME of EMNIST's",
                        folder.string(),
                        name(found[0]),
                        name(found[1])));
    }
    if (found.empty() && !split.empty()) {
        throw std::invalid_argument(fmt::format(
            "dataset idx: {}: holds no emnist-{}-train-images-idx3-ubyte", folder.string(), split));
    }
    // Without any, the search for MNIST's own names says what is missing.
    return found.empty() ? Found{folder, families().front()} : found.front();
}

std::uint32_t read_big_endian(DataFile& file, std::string_view what) {
    const std::vector<std::uint8_t> b = file.read(4, what);
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

std::string_view type_name(std::uint8_t type) {
    switch (type) {
        case kUnsignedByte:
            return "unsigned bytes";
        case 0x09:
            return "signed bytes";
        case 0x0B:
            return "16-bit integers";
        case 0x0C:
            return "32-bit integers";
        case 0x0D:
            return "floats";
        case 0x0E:
            return "doubles";
        default:
            return "";
    }
}

struct Header {
    std::uint8_t type;
    std::vector<std::int64_t> sizes;
};

/// Reads two zeros, the type of the values, the number of dimensions and each of these.
Header read_header(DataFile& file, std::string_view what) {
    const std::uint32_t magic = read_big_endian(file, "the magic number");
    Header header{static_cast<std::uint8_t>(magic >> 8), {}};
    const std::uint32_t dimensions = magic & 0xFF;
    if (magic >> 16 != 0 || type_name(header.type).empty() || dimensions < 1 || dimensions > 4) {
        file.fail(fmt::format("offset 0: not an IDX file, got {:#010x}, allowed 0x0000TTDD with a "
                              "type TT of 08, 09, 0b ... 0e and 1 to 4 dimensions",
                              magic));
    }
    for (std::uint32_t i = 0; i < dimensions; ++i) {
        const std::string name =
            i == 0 ? fmt::format("the number of {}", what) : fmt::format("size {}", i);
        const std::int64_t size = read_big_endian(file, name);
        const std::int64_t largest = i == 0 ? std::int64_t{UINT32_MAX} : kMaxSide * kMaxSide;
        if (size < 1 || size > largest) {
            file.fail(
                fmt::format("{} is out of range, got {}, allowed 1 ... {}", name, size, largest));
        }
        header.sizes.push_back(size);
    }
    return header;
}

/// Reads bytes of any shape: [count, features] as 1 x 1 x features, [count, height, width],
/// [count, channels, height, width], or the channels last where only that can be meant.
void read_images(const std::filesystem::path& path, ImageData& images) {
    DataFile file("idx", path);
    const Header header = read_header(file, "images");
    if (header.type != kUnsignedByte || header.sizes.size() < 2) {
        file.fail(fmt::format("holds {} in {} dimensions, allowed unsigned bytes in 2, 3 or 4",
                              type_name(header.type),
                              header.sizes.size()));
    }
    std::vector<std::int64_t> shape(header.sizes.begin() + 1, header.sizes.end());
    shape.insert(shape.begin(), 3 - shape.size(), 1);
    std::uint64_t per_image = 1;
    for (const std::int64_t size : shape) {
        per_image *= static_cast<std::uint64_t>(size);
    }
    if (per_image > static_cast<std::uint64_t>(4 * kMaxSide * kMaxSide)) {
        file.fail(fmt::format("images of {} values are out of range, allowed up to {}",
                              per_image,
                              4 * kMaxSide * kMaxSide));
    }
    images.pixels = file.read(static_cast<std::uint64_t>(header.sizes[0]) * per_image, "pixels");
    file.expect_end();
    std::ranges::copy(shape, images.shape.begin());
    move_channels_first(images);
}

void read_labels(const std::filesystem::path& path, ImageData& images) {
    DataFile file("idx", path);
    const Header header = read_header(file, "labels");
    // The labels of QMNIST have further columns: who wrote it, and the like.
    const bool is_byte = header.type == kUnsignedByte;
    if ((!is_byte && header.type != 0x0C) || header.sizes.size() > 2) {
        file.fail(fmt::format("holds {} in {} dimensions, allowed one byte or 32-bit integer for "
                              "each image",
                              type_name(header.type),
                              header.sizes.size()));
    }
    const std::int64_t count = header.sizes[0];
    const std::int64_t columns = header.sizes.size() == 2 ? header.sizes[1] : 1;
    const std::int64_t num_images = std::ssize(images.pixels) /
                                    (images.shape[0] * images.shape[1] * images.shape[2]);
    if (count != num_images || columns > 64) {
        file.fail(fmt::format("holds {} labels of {} values for {} images, allowed one label per "
                              "image",
                              count,
                              columns,
                              num_images));
    }
    const std::int64_t width = is_byte ? 1 : 4;
    const auto bytes = file.read(static_cast<std::uint64_t>(count * columns * width), "labels");
    file.expect_end();
    for (std::int64_t i = 0; i < count; ++i) {
        const std::uint8_t* first = bytes.data() + i * columns * width;
        std::int64_t label = *first;
        if (!is_byte) {
            label = std::int64_t{first[0]} << 24 | first[1] << 16 | first[2] << 8 | first[3];
        }
        images.labels.push_back(label);
    }
}

/// Returns how many classes there are: those of the family, or more where the training images
/// have some of each up to the largest label.  A stray label is damage, not a class.
std::int64_t count_classes(const std::vector<std::int64_t>& labels, std::int64_t known) {
    std::vector<bool> occurs(static_cast<std::size_t>(known), true);
    for (const std::int64_t label : labels) {
        if (label >= known && label < kMaxClasses) {
            occurs.resize(std::max(occurs.size(), static_cast<std::size_t>(label) + 1));
            occurs[static_cast<std::size_t>(label)] = true;
        }
    }
    const auto gap = std::ranges::find(occurs, false);
    return gap - occurs.begin();
}

void check_labels(const std::filesystem::path& path, const ImageData& images) {
    for (std::size_t i = 0; i < images.labels.size(); ++i) {
        if (images.labels[i] >= images.num_classes) {
            throw std::invalid_argument(
                fmt::format("dataset idx: {}: record {}: label out of range, got {}, allowed 0 ... "
                            "{}",
                            path.string(),
                            i,
                            images.labels[i],
                            images.num_classes - 1));
        }
    }
}

/// The two files of a training or test set.
struct Pair {
    std::filesystem::path labels;
    ImageData data{{}, 0, {}, {}};
};

Pair read_pair(const std::filesystem::path& folder, const std::string& prefix) {
    Pair pair;
    const auto images = require_file(folder, prefix, "images");
    pair.labels = require_file(folder, prefix, "labels");
    read_images(images, pair.data);
    read_labels(pair.labels, pair.data);
    return pair;
}

}  // namespace

DatasetPair load_idx(const std::filesystem::path& folder, std::string_view split) {
    require_folder("idx", folder);
    const Found found = find_family(folder, split);
    Pair train = read_pair(found.folder, found.family.train_prefix);
    Pair test = read_pair(found.folder, found.family.test_prefix);
    if (train.data.shape != test.data.shape) {
        throw std::invalid_argument(
            fmt::format("dataset idx: {}: training images are {}, test images {}, allowed one size",
                        found.folder.string(),
                        fmt::join(train.data.shape, " x "),
                        fmt::join(test.data.shape, " x ")));
    }
    const std::int64_t classes = count_classes(train.data.labels, found.family.num_classes);
    for (Pair* pair : {&train, &test}) {
        pair->data.num_classes = classes;
        check_labels(pair->labels, pair->data);
    }
    return {make_image_dataset(std::move(train.data)), make_image_dataset(std::move(test.data))};
}

void register_idx(DatasetRegistry& registry) {
    registry.add(
        {"idx",
         "MNIST, Fashion-MNIST, an EMNIST split or own data in IDX format, plain or .gz, also where "
         "torchvision keeps them",
         {folder_option(), unset("split", "NAME", "which of EMNIST's, where there are several")}},
        [](const Options& options, std::uint64_t) {
            return load_idx(options.text("folder"),
                            options.has("split") ? options.text("split") : std::string());
        });
}

}  // namespace murmur
