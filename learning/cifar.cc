#include "learning/cifar.h"

#include "learning/datasets.h"

#include "learning/data_file.h"
#include "learning/image_dataset.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using std::filesystem::path;

constexpr std::size_t kPixels = 3 * 32 * 32;

/// The records of a version: some labels, of which one is taken, and the pixels.
struct Form {
    const char* name;          ///< of the dataset
    const char* subfolder;     ///< in which the published archive has the files
    const char* python;        ///< the folder of the other version, which torchvision fetches
    std::size_t labels;        ///< bytes before the pixels
    std::size_t label;         ///< which of them
    std::int64_t num_classes;
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

/// Returns the folder itself, or the one below that the published archive unpacks to.
path folder_of_files(const Form& form, const path& folder, const char* test_file) {
    require_folder(form.name, folder);
    if (!is_file(folder / test_file) && is_file(folder / form.subfolder / test_file)) {
        return folder / form.subfolder;
    }
    for (const path& place : {folder / form.python, folder}) {
        if (!is_file(folder / test_file) &&
            (is_file(place / "batches.meta") || is_file(place / "meta"))) {
            throw std::invalid_argument(fmt::format(
                "dataset {}: {}: holds the Python version, which torchvision fetches, allowed the "
                "binary version: {}",
                form.name,
                place.string(),
                form.subfolder));
        }
    }
    return folder;
}

}  // namespace

DatasetPair load_cifar10(const path& given) {
    const Form form{"cifar10", "cifar-10-batches-bin", "cifar-10-batches-py", 1, 0, 10};
    const path folder = folder_of_files(form, given, "test_batch.bin");
    ImageData train = empty_images(form);
    for (int i = 1; i <= 5; ++i) {
        const auto file = folder / fmt::format("data_batch_{}.bin", i);
        if (is_file(file)) {
            append_records(form, file, train);
        }
    }
    if (train.labels.empty()) {
        throw std::invalid_argument(fmt::format(
            "dataset cifar10: {}: no training data, at least one of data_batch_1.bin ... "
            "data_batch_5.bin must be there",
            folder.string()));
    }
    ImageData test = empty_images(form);
    append_records(form, folder / "test_batch.bin", test);
    return {make_image_dataset(std::move(train)), make_image_dataset(std::move(test))};
}

DatasetPair load_cifar100(const path& given, Cifar100Labels labels) {
    const bool fine = labels == Cifar100Labels::kFine;
    const Form form{"cifar100",
                    "cifar-100-binary",
                    "cifar-100-python",
                    2,
                    fine ? std::size_t{1} : std::size_t{0},
                    fine ? 100 : 20};
    const path folder = folder_of_files(form, given, "test.bin");
    ImageData train = empty_images(form);
    append_records(form, folder / "train.bin", train);
    ImageData test = empty_images(form);
    append_records(form, folder / "test.bin", test);
    return {make_image_dataset(std::move(train)), make_image_dataset(std::move(test))};
}

void register_cifar(DatasetRegistry& registry) {
    registry.add({"cifar10",
                  "CIFAR-10, binary version: data_batch_*.bin and test_batch.bin",
                  {folder_option()}},
                 [](const Options& options, std::uint64_t) {
                     return load_cifar10(options.text("folder"));
                 });
    registry.add({"cifar100",
                  "CIFAR-100, binary version: train.bin and test.bin",
                  {folder_option(), word("labels", {"fine", "coarse"}, "classes or groups of them")}},
                 [](const Options& options, std::uint64_t) {
                     return load_cifar100(
                         options.text("folder"),
                         options.choice<Cifar100Labels>("labels",
                                                        {{"fine", Cifar100Labels::kFine},
                                                         {"coarse", Cifar100Labels::kCoarse}}));
                 });
}

}  // namespace murmur
