#include "learning/cifar.h"

#include "learning/data_file.h"
#include "learning/datasets.h"
#include "learning/image_dataset.h"
#include "tools/text/pickle.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using std::filesystem::path;

constexpr std::size_t kPixels = 3 * 32 * 32;

/// The records of a version: some labels, of which one is taken, and the pixels.
struct Form {
    const char* name;       ///< of the dataset
    const char* subfolder;  ///< in which the published archive has the files
    const char* python;     ///< the folder of the other version, which torchvision fetches
    std::size_t labels;     ///< bytes before the pixels
    std::size_t label;      ///< which of them
    std::int64_t num_classes;
    const char* labels_key;  ///< of the other version: what the labels are called
};

ImageData empty_images(const Form& form) {
    return {{3, 32, 32}, form.num_classes, {}, {}};
}

void append_records(const Form& form, const path& file_path, ImageData& images) {
    DataFile file(form.name, file_path);
    std::vector<std::uint8_t> record(form.labels + kPixels);
    std::size_t number = 0;
    while (const std::size_t got = file.read_some(record)) {
        if (got < record.size()) {
            file.fail(fmt::format(
                "record {} is truncated, got {} of {} bytes", number, got, record.size()));
        }
        const std::uint8_t label = record[form.label];
        if (label >= form.num_classes) {
            file.fail(fmt::format("record {}: label out of range, got {}, allowed 0 ... {}",
                                  number,
                                  label,
                                  form.num_classes - 1));
        }
        images.labels.push_back(label);
        images.pixels.insert(images.pixels.end(),
                             record.begin() + static_cast<std::ptrdiff_t>(form.labels),
                             record.end());
        ++number;
    }
    if (number == 0) {
        file.fail("the file is empty");
    }
}

/// Appends the images of a file of the Python version: a pickled dictionary of `data`, [images,
/// 3072] of uint8, and lists of labels.
void append_pickle(const Form& form, const path& file_path, ImageData& images) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
    using Value = Pickle::Value;
    DataFile file(form.name, file_path);
    const std::vector<std::uint8_t> bytes = file.read_all(kMostBytes, "images");
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const Pickle pickle(text, fmt::format("dataset {}: {}", form.name, file_path.string()));
    const Value* const data = pickle.root().find("data");
    const Value* const labels = pickle.root().find(form.labels_key);
    if (data == nullptr || data->kind != Value::Kind::kArray || data->data == nullptr ||
        data->text != "u1" || data->items.size() != 2 || data->items[1]->number != kPixels ||
        data->data->text.size() % kPixels != 0) {
        file.fail("no array 'data' of bytes, [images, 3072]");
    }
    const std::string& pixels = data->data->text;
    const std::size_t count = pixels.size() / kPixels;
    if (data->items[0]->number != static_cast<double>(count) || labels == nullptr ||
        labels->kind != Value::Kind::kList || labels->items.size() != count) {
        file.fail(
            fmt::format("no list '{}' of a label for each of {} images", form.labels_key, count));
    }
    for (std::size_t i = 0; i < count; ++i) {
        const Value& label = *labels->items[i];
        const bool is_label = label.kind == Value::Kind::kNumber && label.number >= 0 &&
                              label.number < static_cast<double>(form.num_classes) &&
                              label.number == std::floor(label.number);
        if (!is_label) {
            file.fail(fmt::format(
                "image {}: label out of range, allowed 0 ... {}", i, form.num_classes - 1));
        }
        images.labels.push_back(static_cast<std::int64_t>(label.number));
    }
    images.pixels.insert(images.pixels.end(), pixels.begin(), pixels.end());
    if (count == 0) {
        file.fail("the file is empty");
    }
}

/// Where the files are, and in which of the two versions.
struct Place {
    path folder;
    bool is_python;

    /// Returns a file by its name without what the binary version has behind it.
    [[nodiscard]] path file(const std::string& name) const {
        return folder / (is_python ? name : name + ".bin");
    }
    void append(const Form& form, const std::string& name, ImageData& images) const {
        is_python ? append_pickle(form, file(name), images)
                  : append_records(form, file(name), images);
    }
};

/// Returns the folder itself, or the one below that a published archive unpacks to; the binary
/// version before the other one.
Place place_of_files(const Form& form, const path& folder, const char* test_name) {
    require_folder(form.name, folder);
    const std::string binary = std::string(test_name) + ".bin";
    for (const path& place : {folder, folder / form.subfolder}) {
        if (is_file(place / binary)) {
            return {place, false};
        }
    }
    for (const path& place : {folder, folder / form.python}) {
        if (is_file(place / test_name)) {
            return {place, true};
        }
    }
    return {folder, false};
}

}  // namespace

DatasetPair load_cifar10(const path& given) {
    const Form form{"cifar10", "cifar-10-batches-bin", "cifar-10-batches-py", 1, 0, 10, "labels"};
    const Place place = place_of_files(form, given, "test_batch");
    ImageData train = empty_images(form);
    for (int i = 1; i <= 5; ++i) {
        const std::string name = fmt::format("data_batch_{}", i);
        if (is_file(place.file(name))) {
            place.append(form, name, train);
        }
    }
    if (train.labels.empty()) {
        throw std::invalid_argument(fmt::format(
            "dataset cifar10: {}: no training data, at least one of {} ... {} must be there",
            place.folder.string(),
            place.file("data_batch_1").filename().string(),
            place.file("data_batch_5").filename().string()));
    }
    ImageData test = empty_images(form);
    place.append(form, "test_batch", test);
    return {make_image_dataset(std::move(train)), make_image_dataset(std::move(test))};
}

DatasetPair load_cifar100(const path& given, Cifar100Labels labels) {
    const bool fine = labels == Cifar100Labels::kFine;
    const Form form{"cifar100",
                    "cifar-100-binary",
                    "cifar-100-python",
                    2,
                    fine ? std::size_t{1} : std::size_t{0},
                    fine ? 100 : 20,
                    fine ? "fine_labels" : "coarse_labels"};
    const Place place = place_of_files(form, given, "test");
    ImageData train = empty_images(form);
    place.append(form, "train", train);
    ImageData test = empty_images(form);
    place.append(form, "test", test);
    return {make_image_dataset(std::move(train)), make_image_dataset(std::move(test))};
}

void register_cifar(DatasetRegistry& registry) {
    registry.add(
        {"cifar10",
         "CIFAR-10, binary version (data_batch_*.bin, test_batch.bin) or Python version",
         {folder_option()}},
        [](const Options& options, std::uint64_t) { return load_cifar10(options.text("folder")); });
    registry.add(
        {"cifar100",
         "CIFAR-100, binary version (train.bin, test.bin) or Python version",
         {folder_option(), word("labels", {"fine", "coarse"}, "classes or groups of them")}},
        [](const Options& options, std::uint64_t) {
            return load_cifar100(
                options.text("folder"),
                options.choice<Cifar100Labels>(
                    "labels",
                    {{"fine", Cifar100Labels::kFine}, {"coarse", Cifar100Labels::kCoarse}}));
        });
}

}  // namespace murmur
