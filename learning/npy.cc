// --dataset=npy: arrays that numpy.save has written.
#include "learning/array_dataset.h"
#include "learning/datasets.h"
#include "learning/image_dataset.h"
#include "learning/npy_file.h"
#include "learning/own_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace murmur {
namespace {

/// Labels of classes, or numbers to predict.
using Targets = std::variant<std::vector<std::int64_t>, std::vector<float>>;

std::int64_t size_of(const Targets& targets) {
    return std::visit([](const auto& values) { return std::ssize(values); }, targets);
}

/// Reads labels [n] or [n, 1]: classes where they are integers, else numbers.
Targets read_targets(const std::string& path) {
    NpyFile file("npy", path);
    if (file.shape().empty() || file.size() != file.shape().front()) {
        file.fail(fmt::format("labels of shape {}, allowed one for each sample: n, or n x 1",
                              fmt::join(file.shape(), " x ")));
    }
    if (file.is_floating()) {
        return file.read_floats();
    }
    std::vector<std::int64_t> labels = file.read_integers();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] < 0 || labels[i] >= kMaxOwnClasses) {
            file.fail(fmt::format("label {}: out of range, got {}, allowed 0 ... {}",
                                  i,
                                  labels[i],
                                  kMaxOwnClasses - 1));
        }
    }
    return labels;
}

/// Samples before their classes are counted.
struct Source {
    std::string path;
    std::variant<ArrayData, ImageData> data;
    Targets targets;

    [[nodiscard]] std::int64_t largest_label() const {
        const auto* labels = std::get_if<std::vector<std::int64_t>>(&targets);
        return labels == nullptr ? -1 : std::ranges::max(*labels);
    }
    [[nodiscard]] std::vector<std::int64_t> shape() const {
        if (const auto* images = std::get_if<ImageData>(&data)) {
            return {images->shape.begin(), images->shape.end()};
        }
        return std::get<ArrayData>(data).shape;
    }
};

/// Reads bytes with classes as images; they stay bytes in memory.
ImageData read_image_array(NpyFile& file, std::vector<std::int64_t> shape) {
    shape.insert(shape.begin(), 3 - shape.size(), 1);
    ImageData images{{shape[0], shape[1], shape[2]}, 0, file.read_bytes(), {}};
    move_channels_first(images);
    return images;
}

Source read_source(const std::string& path, const std::string& labels) {
    NpyFile file("npy", path);
    if (file.shape().empty()) {
        file.fail("a single number, allowed an array of samples");
    }
    Source source{path, {}, read_targets(labels)};
    const std::int64_t count = file.shape().front();
    if (size_of(source.targets) != count) {
        throw std::invalid_argument(
            fmt::format("dataset npy: {}: holds {} labels for {} samples of {}, allowed one each",
                        labels,
                        size_of(source.targets),
                        count,
                        path));
    }
    std::vector<std::int64_t> shape(file.shape().begin() + 1, file.shape().end());
    if (shape.empty()) {
        shape.push_back(1);
    }
    const bool has_classes = std::holds_alternative<std::vector<std::int64_t>>(source.targets);
    if (file.is_bytes() && shape.size() <= 3 && has_classes) {
        source.data = read_image_array(file, std::move(shape));
    } else {
        if (shape.size() == 2) {
            shape.insert(shape.begin(), 1);  // height x width: one channel, as images have it
        }
        source.data = ArrayData{.shape = std::move(shape), .values = file.read_floats()};
    }
    return source;
}

std::shared_ptr<const Dataset> make_dataset(Source source, std::int64_t classes) {
    if (auto* images = std::get_if<ImageData>(&source.data)) {
        images->num_classes = classes;
        images->labels = std::get<std::vector<std::int64_t>>(std::move(source.targets));
        return make_image_dataset(std::move(*images));
    }
    auto& data = std::get<ArrayData>(source.data);
    if (auto* labels = std::get_if<std::vector<std::int64_t>>(&source.targets)) {
        data.num_classes = classes;
        data.labels = std::move(*labels);
    } else {
        data.targets = std::get<std::vector<float>>(std::move(source.targets));
    }
    return make_array_dataset(std::move(data));
}

DatasetPair load_npy(const Options& options, std::uint64_t seed) {
    Source train = read_source(options.text("file"), options.text("labels"));
    if (options.has("test-file") != options.has("test-labels")) {
        options.refuse("got one of test-file and test-labels, allowed both or none");
    }
    if (!options.has("test-file")) {
        const std::int64_t classes = train.largest_label() + 1;
        return split_by_option(options, make_dataset(std::move(train), classes), seed);
    }
    refuse_test_share(options, options.text("test-file"));
    Source test = read_source(options.text("test-file"), options.text("test-labels"));
    const auto kind = [](const Source& source) {
        return fmt::format("{} {} with {}",
                           fmt::join(source.shape(), " x "),
                           source.data.index() == 0 ? "numbers" : "bytes",
                           source.targets.index() == 0 ? "classes" : "numbers to predict");
    };
    if (kind(train) != kind(test)) {
        options.refuse(fmt::format("{} holds samples of {}, {} of {}, allowed the same in both",
                                   train.path,
                                   kind(train),
                                   test.path,
                                   kind(test)));
    }
    const std::int64_t classes = std::max(train.largest_label(), test.largest_label()) + 1;
    return {make_dataset(std::move(train), classes), make_dataset(std::move(test), classes)};
}

}  // namespace

void register_npy(DatasetRegistry& registry) {
    registry.add({"npy",
                  "own arrays of numpy.save: classes where labels are integers, else a regression",
                  {rest("file", "X.npy", "samples along the first dimension"),
                   required("labels", "Y.npy", "one for each sample"),
                   test_share_option(),
                   unset("test-file", "X.npy", "samples for testing, in place of a share"),
                   unset("test-labels", "Y.npy", "theirs")}},
                 load_npy);
}

}  // namespace murmur
