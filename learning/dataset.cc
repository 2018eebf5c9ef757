#include "learning/dataset.h"

#include "learning/cifar10.h"
#include "learning/idx.h"
#include "learning/least_squares.h"
#include "learning/spec.h"
#include "learning/synthetic_images.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace murmur {
namespace {

constexpr std::int64_t kMaxSamples = 100'000'000;
constexpr std::int64_t kMaxBytes = std::int64_t{16} << 30;

/// Refuses what could only end in lack of memory.
void require_reasonable_bytes(const std::string& where, std::int64_t samples, std::int64_t bytes) {
    if (samples > kMaxBytes / bytes) {
        throw std::invalid_argument(
            fmt::format("{}: too large, got {} samples of {} bytes, allowed {} GiB in all",
                        where,
                        samples,
                        bytes,
                        kMaxBytes >> 30));
    }
}

DatasetPair load_synthetic(const Spec& spec, std::uint64_t seed) {
    const std::string where = "dataset synthetic";
    const SpecOptions options(where, spec, {"train", "test", "noise", "classes", "size"});
    SyntheticImageOptions images;
    images.train = options.integer("train", images.train, {1, kMaxSamples});
    images.test = options.integer("test", images.test, {1, kMaxSamples});
    images.noise = options.number("noise", images.noise, {0, 10});
    images.classes = options.integer("classes", images.classes, {2, 1000});
    images.size = options.integer("size", images.size, {8, 256});
    require_reasonable_bytes(where, images.train + images.test, 3 * images.size * images.size);
    return make_synthetic_images(images, seed);
}

DatasetPair load_least_squares(const Spec& spec, std::uint64_t seed) {
    const std::string where = "dataset least-squares";
    const SpecOptions options(where, spec, {"features", "samples", "noise"});
    LeastSquaresOptions problem;
    problem.features = options.integer("features", problem.features, {1, 100'000});
    problem.samples = options.integer("samples", problem.samples, {1, kMaxSamples});
    problem.noise = options.number("noise", problem.noise, {0, 1e6});
    require_reasonable_bytes(where, problem.samples, 4 * problem.features);
    return make_least_squares(problem, seed);
}

/// Returns the folder of `name:DIR`.
std::string folder_of(const Spec& spec) {
    if (spec.argument.empty()) {
        throw std::invalid_argument(
            fmt::format("dataset {}: the folder is missing, allowed {}:DIR", spec.name, spec.name));
    }
    return spec.argument;
}

/// What a dataset is called, what it is, and how it is made.
struct Form {
    const char* name;
    const char* help;
    DatasetPair (*load)(const Spec& spec, std::uint64_t seed);
};

constexpr std::array kForms = {
    Form{"cifar10",
         "cifar10:DIR  CIFAR-10, binary version: data_batch_*.bin and test_batch.bin",
         [](const Spec& spec, std::uint64_t) { return load_cifar10(folder_of(spec)); }},
    Form{"idx",
         "idx:DIR  MNIST, Fashion-MNIST or one EMNIST split in IDX format, plain or .gz",
         [](const Spec& spec, std::uint64_t) { return load_idx(folder_of(spec)); }},
    Form{"least-squares",
         "least-squares[:features=D,samples=N,noise=X]  generated convex regression with known "
         "optimum",
         load_least_squares},
    Form{"synthetic",
         "synthetic[:train=N,test=N,noise=X,classes=C,size=S]  generated color images of 10 "
         "classes, no download",
         load_synthetic},
};

}  // namespace

DatasetPair load_dataset(std::string_view text, std::uint64_t seed) {
    const Spec spec = parse_spec(text);
    std::string names;
    for (const Form& form : kForms) {
        if (form.name == spec.name) {
            return form.load(spec, seed);
        }
        names += (names.empty() ? "" : ", ") + std::string(form.name);
    }
    throw std::invalid_argument(
        fmt::format("dataset: unknown name, got '{}', allowed {}", spec.name, names));
}

std::string dataset_help() {
    std::string text;
    for (const Form& form : kForms) {
        text += std::string(form.help) + "\n";
    }
    return text;
}

}  // namespace murmur
