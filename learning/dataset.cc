#include "learning/dataset.h"

#include "learning/cifar10.h"
#include "learning/idx.h"
#include "learning/leaf.h"
#include "learning/least_squares.h"
#include "learning/movie_lens.h"
#include "learning/random_stream.h"
#include "learning/spec.h"
#include "learning/synthetic_images.h"
#include "learning/text_file.h"

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

/// Returns the seed of the order of a test set.
std::uint64_t test_order(std::uint64_t seed) {
    return stream_seed(seed, "test order");
}

DatasetPair load_text_spec(const Spec& spec, std::uint64_t) {
    const std::size_t comma = spec.argument.find(',');
    TextOptions text{.path = spec.argument.substr(0, comma)};
    if (text.path.empty()) {
        throw std::invalid_argument(
            "dataset text: the file is missing, allowed text:FILE[,length=N][,stride=N]");
    }
    const bool has_options = comma != std::string::npos;
    const Spec rest{spec.name, has_options ? spec.argument.substr(comma + 1) : "", has_options};
    const SpecOptions options("dataset text", rest, {"length", "stride"});
    text.length = options.integer("length", text.length, {1, 100'000});
    text.stride = options.integer("stride", text.length, {1, 1'000'000});
    return load_text(text);
}

/// What a dataset is called, what it is, and how it is made.
struct Form {
    const char* name;
    const char* help;
    DatasetPair (*load)(const Spec& spec, std::uint64_t seed);
};

constexpr std::array kForms = {
    Form{"celeba",
         "celeba:DIR  CelebA of LEAF: train/*.json, test/*.json, images/*.ppm of 84x84",
         [](const Spec& spec, std::uint64_t seed) {
             return load_celeba(folder_of(spec), test_order(seed));
         }},
    Form{"cifar10",
         "cifar10:DIR  CIFAR-10, binary version: data_batch_*.bin and test_batch.bin",
         [](const Spec& spec, std::uint64_t) { return load_cifar10(folder_of(spec)); }},
    Form{"femnist",
         "femnist:DIR  FEMNIST of LEAF: train/*.json and test/*.json",
         [](const Spec& spec, std::uint64_t seed) {
             return load_femnist(folder_of(spec), test_order(seed));
         }},
    Form{"idx",
         "idx:DIR  MNIST, Fashion-MNIST or one EMNIST split in IDX format, plain or .gz",
         [](const Spec& spec, std::uint64_t) { return load_idx(folder_of(spec)); }},
    Form{"least-squares",
         "least-squares[:features=D,samples=N,noise=X]  generated convex regression with known "
         "optimum",
         load_least_squares},
    Form{"movielens",
         "movielens:DIR  MovieLens: u.data or ratings.csv; regression of ratings",
         [](const Spec& spec, std::uint64_t seed) {
             return load_movie_lens(folder_of(spec), seed);
         }},
    Form{"reddit",
         "reddit:DIR  Reddit of LEAF: train/*.json and test/*.json; next word",
         [](const Spec& spec, std::uint64_t seed) {
             return load_reddit(folder_of(spec), test_order(seed));
         }},
    Form{"sent140",
         "sent140:DIR  Sent140 of LEAF: train/*.json and test/*.json; mood of tweets",
         [](const Spec& spec, std::uint64_t seed) {
             return load_sent140(folder_of(spec), test_order(seed));
         }},
    Form{"shakespeare",
         "shakespeare:DIR  Shakespeare of LEAF: train/*.json and test/*.json; next character",
         [](const Spec& spec, std::uint64_t seed) {
             return load_shakespeare(folder_of(spec), test_order(seed));
         }},
    Form{"synthetic",
         "synthetic[:train=N,test=N,noise=X,classes=C,size=S]  generated color images of 10 "
         "classes, no download",
         load_synthetic},
    Form{"text",
         "text:FILE[,length=N][,stride=N]  any text; next character after N=80",
         load_text_spec},
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
