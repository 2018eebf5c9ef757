#include "learning/idx.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/learning/data_files.h"

#include <array>
#include <cmath>
#include <stdexcept>
#include <zlib.h>

namespace murmur {
namespace {

using test::TemporaryFolder;
using testing::Bytes;

void append_big_endian(Bytes& bytes, std::uint32_t value) {
    for (const int shift : {24, 16, 8, 0}) {
        bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

/// Images of 2 rows and 3 columns; the pixels count up.
Bytes images(std::uint32_t count, std::uint32_t rows = 2, std::uint32_t columns = 3) {
    Bytes bytes;
    for (const std::uint32_t word : {0x803u, count, rows, columns}) {
        append_big_endian(bytes, word);
    }
    for (std::uint32_t i = 0; i < count * rows * columns; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(i));
    }
    return bytes;
}

Bytes labels(const Bytes& values) {
    Bytes bytes;
    append_big_endian(bytes, 0x801);
    append_big_endian(bytes, static_cast<std::uint32_t>(values.size()));
    bytes.insert(bytes.end(), values.begin(), values.end());
    return bytes;
}

void write_gzip(const std::filesystem::path& path, const Bytes& bytes) {
    const gzFile file = gzopen(path.c_str(), "wb");
    REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) > 0);
    REQUIRE(gzclose(file) == Z_OK);
}

/// A sound data set of three training images and one test image, to be damaged.
void write_sound(const TemporaryFolder& folder) {
    folder.write("train-images-idx3-ubyte", images(3));
    folder.write("train-labels-idx1-ubyte", labels({4, 0, 9}));
    folder.write("t10k-images-idx3-ubyte", images(1));
    folder.write("t10k-labels-idx1-ubyte", labels({5}));
}

void check_refused(const TemporaryFolder& folder, const std::string& message) {
    CHECK_THROWS_WITH_AS(
        static_cast<void>(load_idx(folder.path())), message.c_str(), std::invalid_argument);
}

/// Puts `bytes` in place of one file of a sound set and expects it to be refused so.
void check_file_refused(const std::string& name, const Bytes& bytes, const std::string& message) {
    CAPTURE(message);
    const TemporaryFolder folder;
    write_sound(folder);
    const std::string path = folder.write(name, bytes);
    check_refused(folder, "dataset idx: " + path + ": " + message);
}

TEST_CASE("IDX images of any size are read") {
    const TemporaryFolder folder;
    write_sound(folder);
    const DatasetPair data = load_idx(folder.path());
    CHECK(data.train->size() == 3);
    CHECK(data.test->size() == 1);
    CHECK(data.train->num_classes() == 10);
    CHECK(data.train->sample_shape() == std::vector<std::int64_t>{1, 2, 3});
    CHECK(data.train->labels()[2] == 9);
    CHECK(data.test->labels()[0] == 5);
    const std::int64_t last = 2;
    const Batch batch = data.train->batch(std::span(&last, 1));
    CHECK(batch.inputs.sizes().vec() == std::vector<std::int64_t>{1, 1, 2, 3});
    for (int i = 0; i < 6; ++i) {
        CHECK(batch.inputs.data_ptr<float>()[i] == doctest::Approx((12 + i) / 127.5 - 1));
    }
}

TEST_CASE("compressed IDX files give the same samples") {
    const TemporaryFolder folder;
    write_gzip(folder.path() / "train-images-idx3-ubyte.gz", images(3));
    folder.write("train-labels-idx1-ubyte", labels({4, 0, 9}));
    write_gzip(folder.path() / "t10k-images-idx3-ubyte.gz", images(1));
    write_gzip(folder.path() / "t10k-labels-idx1-ubyte.gz", labels({5}));
    const DatasetPair data = load_idx(folder.path());
    CHECK(data.train->size() == 3);
    CHECK(data.test->labels()[0] == 5);
    const std::int64_t last = 2;
    CHECK(data.train->batch(std::span(&last, 1)).inputs.data_ptr<float>()[5] ==
          doctest::Approx(17 / 127.5 - 1));
}

TEST_CASE("a split of EMNIST is known by its names and has its own classes") {
    const TemporaryFolder folder;
    folder.write("emnist-byclass-train-images-idx3-ubyte", images(1));
    folder.write("emnist-byclass-train-labels-idx1-ubyte", labels({61}));
    folder.write("emnist-byclass-test-images-idx3-ubyte", images(1));
    folder.write("emnist-byclass-test-labels-idx1-ubyte", labels({0}));
    CHECK(load_idx(folder.path()).train->num_classes() == 62);
    folder.write("emnist-letters-train-images-idx3-ubyte", images(1));
    check_refused(folder,
                  "dataset idx: " + folder.path().string() +
                      ": holds both emnist-byclass-train-* and emnist-letters-train-*, allowed one "
                      "data set per folder, or split=NAME of EMNIST's");
    const DatasetPair chosen = load_dataset("idx:" + folder.path().string() + ",split=byclass", 1);
    CHECK(chosen.train->num_classes() == 62);
    CHECK_THROWS_WITH(
        static_cast<void>(load_dataset("idx:" + folder.path().string() + ",split=digits", 1)),
        ("dataset idx: " + folder.path().string() +
         ": holds no emnist-digits-train-images-idx3-ubyte")
            .c_str());
}

TEST_CASE("missing IDX files are named") {
    const TemporaryFolder folder;
    const std::string where = "dataset idx: " + folder.path().string();
    check_refused(
        folder,
        where +
            ": neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz is there, nor with "
            "a dot before idx");
    write_sound(folder);
    std::filesystem::remove(folder.path() / "t10k-labels-idx1-ubyte");
    check_refused(folder,
                  where +
                      ": neither t10k-labels-idx1-ubyte nor t10k-labels-idx1-ubyte.gz is "
                      "there, nor with a dot before idx");
}

TEST_CASE("damaged IDX headers are refused") {
    check_file_refused("train-images-idx3-ubyte",
                       labels({1, 2, 3}),
                       "holds unsigned bytes in 1 dimensions, allowed unsigned bytes in 2, 3 or 4");
    check_file_refused("train-labels-idx1-ubyte",
                       images(3),
                       "holds unsigned bytes in 3 dimensions, allowed one byte or 32-bit integer "
                       "for each image");
    Bytes floats = images(3);
    floats[2] = 0x0d;
    check_file_refused("train-images-idx3-ubyte",
                       floats,
                       "holds floats in 3 dimensions, allowed unsigned bytes in 2, 3 or 4");
    for (const std::size_t byte : {0, 1, 2, 3}) {
        Bytes other = images(3);
        other[byte] = 7;
        CHECK_THROWS_WITH_AS(
            [&] {
                const TemporaryFolder folder;
                write_sound(folder);
                folder.write("train-images-idx3-ubyte", other);
                static_cast<void>(load_idx(folder.path()));
            }(),
            doctest::Contains("offset 0: not an IDX file"),
            std::invalid_argument);
    }
    check_file_refused("t10k-images-idx3-ubyte",
                       Bytes{0, 0, 8},
                       "offset 3: truncated, got 3 of 4 bytes of the magic number");
    check_file_refused("t10k-images-idx3-ubyte",
                       Bytes{},
                       "offset 0: truncated, got 0 of 4 bytes of the magic number");
    check_file_refused("train-images-idx3-ubyte",
                       images(0),
                       "the number of images is out of range, got 0, allowed 1 ... 4294967295");
    check_file_refused("train-images-idx3-ubyte",
                       images(1, 2, 0),
                       "size 2 is out of range, got 0, allowed 1 ... 16777216");
    Bytes huge = images(1);
    huge[8] = 1;  // 16,777,218 rows
    check_file_refused("train-images-idx3-ubyte",
                       huge,
                       "size 1 is out of range, got 16777218, allowed 1 ... 16777216");
}

TEST_CASE("a header that promises more than the file holds costs no memory") {
    Bytes bytes = images(3);
    std::fill(bytes.begin() + 4, bytes.begin() + 8, 0xff);  // 4,294,967,295 images
    check_file_refused("train-images-idx3-ubyte",
                       bytes,
                       "offset 34: truncated, got 18 of 25769803770 bytes of pixels");
}

TEST_CASE("damaged IDX contents are refused") {
    Bytes bytes = images(3);
    bytes.pop_back();
    check_file_refused(
        "train-images-idx3-ubyte", bytes, "offset 33: truncated, got 17 of 18 bytes of pixels");
    bytes = images(3);
    bytes.push_back(0);
    check_file_refused(
        "train-images-idx3-ubyte", bytes, "offset 34: bytes follow where the file should end");
    check_file_refused("train-labels-idx1-ubyte",
                       labels({1, 2}),
                       "holds 2 labels of 1 values for 3 images, allowed one label per image");
    check_file_refused("train-labels-idx1-ubyte",
                       labels({1, 200, 2}),
                       "record 1: label out of range, got 200, allowed 0 ... 9");
}

TEST_CASE("training and test images of different sizes are refused") {
    const TemporaryFolder folder;
    write_sound(folder);
    folder.write("t10k-images-idx3-ubyte", images(1, 3, 2));
    check_refused(folder,
                  "dataset idx: " + folder.path().string() +
                      ": training images are 1 x 2 x 3, test images 1 x 3 x 2, allowed one size");
}

TEST_CASE("cut and damaged gzip files are refused") {
    const TemporaryFolder folder;
    write_sound(folder);
    const auto path = folder.path() / "train-images-idx3-ubyte.gz";
    std::filesystem::remove(folder.path() / "train-images-idx3-ubyte");
    // Enough incompressible content that the cut falls into it.
    write_gzip(path, images(3, 100, 100));
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    CHECK_THROWS_WITH_AS(static_cast<void>(load_idx(folder.path())),
                         doctest::Contains("damaged or cut: unexpected end of file"),
                         std::invalid_argument);

    write_gzip(path, images(3));
    {
        std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(-8, std::ios::end);  // the checksum
        file.write("\1\2\3\4", 4);
    }
    CHECK_THROWS_WITH_AS(static_cast<void>(load_idx(folder.path())),
                         doctest::Contains("damaged or cut: incorrect data check"),
                         std::invalid_argument);
}

// As the mirrors of MNIST have them.
TEST_CASE("IDX files with a dot in their names are read, plain and compressed") {
    const TemporaryFolder folder;
    folder.write("train-images.idx3-ubyte", images(3));
    folder.write("train-labels.idx1-ubyte", labels({4, 0, 9}));
    write_gzip(folder.path() / "t10k-images.idx3-ubyte.gz", images(1));
    write_gzip(folder.path() / "t10k-labels.idx1-ubyte.gz", labels({5}));
    const DatasetPair data = load_idx(folder.path());
    CHECK(data.train->size() == 3);
    CHECK(data.test->labels()[0] == 5);
    CHECK(describe(data) == "3 training and 1 test samples of 1x2x3 numbers, 10 classes");
}

TEST_CASE("IDX files are found where torchvision keeps them") {
    const TemporaryFolder folder;
    const TemporaryFolder sound;
    write_sound(sound);
    for (const char* name : {"MNIST", "KMNIST"}) {
        std::filesystem::create_directories(folder.path() / name);
        std::filesystem::copy(sound.path(), folder.path() / name / "raw");
    }
    CHECK(load_idx(folder.path() / "MNIST").train->size() == 3);
    CHECK(load_idx(folder.path() / "MNIST" / "raw").train->size() == 3);
    check_refused(folder,
                  "dataset idx: " + folder.path().string() +
                      ": holds both KMNIST/raw/train-* and MNIST/raw/train-*, allowed one data set "
                      "per folder, or split=NAME of EMNIST's");
    std::filesystem::remove_all(folder.path() / "KMNIST");
    CHECK(load_idx(folder.path()).train->size() == 3);
}

Bytes idx(const std::vector<std::uint32_t>& header, const Bytes& content) {
    Bytes bytes;
    for (const std::uint32_t word : header) {
        append_big_endian(bytes, word);
    }
    bytes.insert(bytes.end(), content.begin(), content.end());
    return bytes;
}

std::vector<int> pixels_of(const Dataset& data, std::int64_t sample) {
    const at::Tensor inputs = data.batch(std::span(&sample, 1)).inputs;
    std::vector<int> bytes;
    for (std::int64_t i = 0; i < inputs.numel(); ++i) {
        bytes.push_back(static_cast<int>(std::lround(127.5 * (inputs.data_ptr<float>()[i] + 1))));
    }
    return bytes;
}

TEST_CASE("IDX images of other shapes are read") {
    const TemporaryFolder folder;
    write_sound(folder);
    // Features: [3 samples, 4 values].
    folder.write("train-images-idx3-ubyte",
                 idx({0x802, 3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
    folder.write("t10k-images-idx3-ubyte", idx({0x802, 1, 4}, {1, 2, 3, 4}));
    CHECK(load_idx(folder.path()).train->sample_shape() == std::vector<std::int64_t>{1, 1, 4});
    CHECK(pixels_of(*load_idx(folder.path()).train, 1) == std::vector<int>{5, 6, 7, 8});

    // Three channels of 2 x 2 pixels, planes first and last; each pixel (p, p + 100, p + 200).
    std::filesystem::remove(folder.path() / "train-images-idx3-ubyte");
    std::filesystem::remove(folder.path() / "t10k-images-idx3-ubyte");
    const Bytes planes{0, 1, 2, 3, 100, 101, 102, 103, 200, 201, 202, 203};
    const Bytes mixed{0, 100, 200, 1, 101, 201, 2, 102, 202, 3, 103, 203};
    folder.write("train-labels-idx1-ubyte", labels({1}));
    for (const bool channels_first : {true, false}) {
        const Bytes bytes =
            channels_first ? idx({0x804, 1, 3, 2, 2}, planes) : idx({0x804, 1, 2, 2, 3}, mixed);
        folder.write("train-images-idx4-ubyte", bytes);
        folder.write("t10k-images-idx4-ubyte", bytes);
        const DatasetPair data = load_idx(folder.path());
        CHECK(data.train->sample_shape() == std::vector<std::int64_t>{3, 2, 2});
        CHECK(pixels_of(*data.train, 0) == std::vector<int>(planes.begin(), planes.end()));
    }
}

TEST_CASE("IDX labels may be integers with further columns, and of more classes than ten") {
    const TemporaryFolder folder;
    write_sound(folder);
    std::filesystem::remove(folder.path() / "train-labels-idx1-ubyte");
    // As QMNIST has them: class, then who wrote it.
    folder.write("train-labels-idx2-int",
                 idx({0x0c02, 3, 2}, {0, 0, 0, 4, 0, 0, 9, 9, 0, 0, 0, 11, 0, 0, 9, 9,
                                      0, 0, 0, 10, 0, 0, 9, 9}));
    const DatasetPair data = load_idx(folder.path());
    CHECK(data.train->num_classes() == 12);
    CHECK(data.test->num_classes() == 12);
    CHECK(std::vector<std::int64_t>(data.train->labels().begin(), data.train->labels().end()) ==
          std::vector<std::int64_t>{4, 11, 10});
}

}  // namespace
}  // namespace murmur
