// --dataset=images: a folder of images for each class, as torchvision's ImageFolder takes it.
#include "learning/data_file.h"
#include "learning/datasets.h"
#include "learning/image_dataset.h"
#include "learning/image_file.h"
#include "learning/own_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using std::filesystem::path;

/// What becomes of an image.
enum class Colors { kRgb, kGray };

/// Whether a file's name is that of an image; others are passed over, as are hidden ones.
bool is_image_name(const path& file) {
    std::string ending = file.extension().string();
    std::ranges::transform(
        ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::array<std::string_view, 4> known{".png", ".jpg", ".jpeg", ".ppm"};
    return std::ranges::find(known, ending) != known.end() &&
           !file.filename().string().starts_with('.');
}

/// Returns what a folder holds of one kind, ordered by name: a file system has no order.
template <class IsWanted>
std::vector<path> sorted_entries(const path& folder, IsWanted is_wanted) {
    std::vector<path> found;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder, error);
         !error && entry != std::filesystem::directory_iterator();
         entry.increment(error)) {
        if (is_wanted(*entry)) {
            found.push_back(entry->path());
        }
    }
    if (error) {
        throw std::invalid_argument(fmt::format(
            "dataset images: {}: cannot be searched: {}", folder.string(), error.message()));
    }
    std::ranges::sort(found);
    return found;
}

std::vector<path> class_folders(const path& folder) {
    return sorted_entries(folder, [](const std::filesystem::directory_entry& entry) {
        std::error_code ignored;
        return entry.is_directory(ignored) && !entry.path().filename().string().starts_with('.');
    });
}

std::vector<std::string> names_of(const std::vector<path>& paths) {
    std::vector<std::string> names;
    for (const path& one : paths) {
        names.push_back(one.filename().string());
    }
    return names;
}

/// Adds [channels, height, width] of an image; gray by ITU-R 601-2, rounded as PIL does.
void append_planes(const Image& image, Colors colors, std::vector<std::uint8_t>& pixels) {
    if (colors == Colors::kGray) {
        for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
            const std::uint32_t luma = 19595U * image.pixels[i] + 38470U * image.pixels[i + 1] +
                                       7471U * image.pixels[i + 2] + 0x8000U;
            pixels.push_back(static_cast<std::uint8_t>(luma >> 16));
        }
        return;
    }
    for (std::size_t channel = 0; channel < 3; ++channel) {
        for (std::size_t i = channel; i < image.pixels.size(); i += 3) {
            pixels.push_back(image.pixels[i]);
        }
    }
}

/// Reads the images of all classes; each must have the size of the first.
ImageData read_classes(const std::vector<path>& classes, Colors colors) {
    ImageData images{{0, 0, 0}, std::ssize(classes), {}, {}};
    for (std::size_t label = 0; label < classes.size(); ++label) {
        const auto files =
            sorted_entries(classes[label], [](const std::filesystem::directory_entry& entry) {
                return is_image_name(entry.path()) && is_file(entry.path());
            });
        for (const path& file : files) {
            const Image image = read_image("images", file);
            if (images.labels.empty()) {
                images.shape = {colors == Colors::kGray ? 1 : 3, image.height, image.width};
            }
            if (image.height != images.shape[1] || image.width != images.shape[2] ||
                images.pixels.size() > kMaxOwnBytes) {
                throw std::invalid_argument(
                    fmt::format("dataset images: {}: holds {} x {} pixels, allowed {} x {}, as the "
                                "first image has, and {} GiB in all",
                                file.string(),
                                image.width,
                                image.height,
                                images.shape[2],
                                images.shape[1],
                                kMaxOwnBytes >> 30));
            }
            append_planes(image, colors, images.pixels);
            images.labels.push_back(static_cast<std::int64_t>(label));
        }
    }
    return images;
}

ImageData read_folder(const path& folder, Colors colors) {
    const std::vector<path> classes = class_folders(folder);
    if (classes.empty() || std::ssize(classes) > kMaxOwnClasses) {
        throw std::invalid_argument(fmt::format(
            "dataset images: {}: holds {} folders, allowed 1 ... {}: one for each class",
            folder.string(),
            classes.size(),
            kMaxOwnClasses));
    }
    ImageData images = read_classes(classes, colors);
    if (images.labels.empty()) {
        throw std::invalid_argument(
            fmt::format("dataset images: {}: no images in its folders, allowed .png, .jpg, .jpeg "
                        "and .ppm",
                        folder.string()));
    }
    return images;
}

/// Returns the folder of test images beside `train`, where there are both.
std::optional<path> test_folder(const path& folder) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder / "train", ignored)) {
        return std::nullopt;
    }
    for (const char* name : {"test", "val"}) {
        if (std::filesystem::is_directory(folder / name, ignored)) {
            return folder / name;
        }
    }
    return std::nullopt;
}

DatasetPair load_image_folder(const Options& options, std::uint64_t seed) {
    const path folder = options.text("folder");
    require_folder("images", folder);
    const auto colors =
        options.choice<Colors>("colors", {{"rgb", Colors::kRgb}, {"gray", Colors::kGray}});
    const std::optional<path> test = test_folder(folder);
    if (!test) {
        return split_by_option(options, make_image_dataset(read_folder(folder, colors)), seed);
    }
    refuse_test_share(options, test->string());
    ImageData train_images = read_folder(folder / "train", colors);
    ImageData test_images = read_folder(*test, colors);
    const auto train_names = names_of(class_folders(folder / "train"));
    const auto test_names = names_of(class_folders(*test));
    if (train_names != test_names || train_images.shape != test_images.shape) {
        options.refuse(fmt::format(
            "{}: classes or sizes of images differ between its parts, got {} classes of {} in "
            "train, {} of {} in {}, allowed the same",
            folder.string(),
            train_names.size(),
            fmt::join(train_images.shape, " x "),
            test_names.size(),
            fmt::join(test_images.shape, " x "),
            test->filename().string()));
    }
    return {make_image_dataset(std::move(train_images)),
            make_image_dataset(std::move(test_images))};
}

}  // namespace

void register_image_folder(DatasetRegistry& registry) {
    registry.add({"images",
                  "own images, a folder for each class; or such folders in train and test (or val)",
                  {rest("folder", "DIR", "of folders of PNG, JPEG and PPM images of one size"),
                   word("colors", {"rgb", "gray"}, "what images become"),
                   test_share_option()}},
                 load_image_folder);
}

}  // namespace murmur
