#include "learning/cifar10.h"

#include "learning/data_file.h"
#include "learning/datasets.h"
#include "learning/image_dataset.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace murmur {
namespace {

constexpr std::size_t kPixels = 3 * 32 * 32;
constexpr int kClasses = 10;

ImageData empty_images() {
    return {{3, 32, 32}, kClasses, {}, {}};
}

void append_records(const std::filesystem::path& path, ImageData& images) {
    DataFile file("cifar10", path);
    std::array<std::uint8_t, 1 + kPixels> record;
    std::size_t number = 0;
    while (const std::size_t got = file.read_some(record)) {
        if (got < record.size()) {
            file.fail(fmt::format(
                "record {} is truncated, got {} of {} bytes", number, got, record.size()));
        }
        if (record[0] >= kClasses) {
            file.fail(fmt::format("record {}: label out of range, got {}, allowed 0 ... {}",
                                  number,
                                  record[0],
                                  kClasses - 1));
        }
        images.labels.push_back(record[0]);
        images.pixels.insert(images.pixels.end(), record.begin() + 1, record.end());
        ++number;
    }
    if (number == 0) {
        file.fail("the file is empty");
    }
}

}  // namespace

DatasetPair load_cifar10(const std::filesystem::path& folder) {
    require_folder("cifar10", folder);
    ImageData train = empty_images();
    for (int i = 1; i <= 5; ++i) {
        const auto path = folder / fmt::format("data_batch_{}.bin", i);
        if (is_file(path)) {
            append_records(path, train);
        }
    }
    if (train.labels.empty()) {
        throw std::invalid_argument(fmt::format(
            "dataset cifar10: {}: no training data, at least one of data_batch_1.bin ... "
            "data_batch_5.bin must be there",
            folder.string()));
    }
    ImageData test = empty_images();
    append_records(folder / "test_batch.bin", test);
    return {make_image_dataset(std::move(train)), make_image_dataset(std::move(test))};
}

void register_cifar10(DatasetRegistry& registry) {
    registry.add(
        {"cifar10",
         "CIFAR-10, binary version: data_batch_*.bin and test_batch.bin",
         {folder_option()}},
        [](const Options& options, std::uint64_t) { return load_cifar10(options.text("folder")); });
}

}  // namespace murmur
