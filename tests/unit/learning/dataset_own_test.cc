// Data of one's own, in files as NumPy, Pillow, pandas and Python's csv write them.
#include "learning/dataset.h"
#include "learning/image_file.h"
#include "learning/npy_file.h"
#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/refused_dataset.h"
#include "tests/support/skip.h"
#include "tests/support/temporary_folder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <vector>
#include <zlib.h>

namespace murmur {
namespace {

using test::check_refused;
using test::TemporaryFolder;
using Indices = std::vector<std::int64_t>;

/// Lets Python write its files of one kind; false, with a word on it, where it has no such writer.
bool write_with(const std::string& kind, const TemporaryFolder& folder) {
    const auto script = test::repository() / "tests/unit/learning/own_files.py";
    const int status = std::system(fmt::format("/usr/bin/python3 '{}' {} '{}' > /dev/null",
                                               script.string(),
                                               kind,
                                               folder.path().string())
                                       .c_str());
    constexpr int kNoWriter = 77;
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoWriter) {
        test::skip("Python has no module " + kind);
        return false;
    }
    REQUIRE(status == 0);
    return true;
}

/// What Python has put down for a file.
std::vector<float> expected_of(const TemporaryFolder& folder, const std::string& name) {
    const std::string bytes = folder.read(name + ".expected");
    std::vector<float> values(bytes.size() / sizeof(double));
    for (std::size_t i = 0; i < values.size(); ++i) {
        double value = 0;
        std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
        values[i] = static_cast<float>(value);
    }
    REQUIRE_FALSE(values.empty());
    return values;
}

/// All samples of a pair in the order of the file: the split keeps it, and first elements tell.
std::vector<float> values_of(const Dataset& data) {
    Indices all(static_cast<std::size_t>(data.size()));
    std::iota(all.begin(), all.end(), 0);
    const at::Tensor inputs = data.batch(all).inputs;
    return {inputs.data_ptr<float>(), inputs.data_ptr<float>() + inputs.numel()};
}

/// Returns samples with their targets, whichever part they are in.
std::multimap<std::vector<float>, double> samples_of(const DatasetPair& pair) {
    std::multimap<std::vector<float>, double> samples;
    for (const Dataset* data : {pair.train.get(), pair.test.get()}) {
        for (std::int64_t i = 0; i < data->size(); ++i) {
            const Batch batch = data->batch(std::span(&i, 1));
            const float* const begin = batch.inputs.data_ptr<float>();
            samples.emplace(std::vector<float>(begin, begin + batch.inputs.numel()),
                            batch.targets.item<double>());
        }
    }
    return samples;
}

TEST_CASE("own data: arrays of numpy.save, of every type and version") {
    const TemporaryFolder folder;
    REQUIRE(write_with("numpy", folder));
    const auto at = [&](const std::string& name) {
        return (folder.path() / (name + ".npy")).string();
    };
    for (const char* name : {"f8", "f4", "i8", "i2", "u4", "b1", "v2", "v3"}) {
        CAPTURE(name);
        const std::vector<float> expected = expected_of(folder, name);
        CHECK(NpyFile("npy", at(name)).read_floats() == expected);
        const DatasetPair data =
            load_dataset("npy:" + at(name) + ",labels=" + at("labels") + ",test=0.5", 1);
        CHECK(data.train->size() == 3);
        CHECK(data.test->size() == 3);
        CHECK(data.train->num_classes() == 3);
        const std::size_t width = expected.size() / 6;
        const std::array<double, 6> labels{2, 0, 1, 1, 0, 2};
        std::multimap<std::vector<float>, double> rows;
        for (std::size_t i = 0; i < 6; ++i) {
            rows.emplace(
                std::vector<float>(expected.begin() + static_cast<std::ptrdiff_t>(i * width),
                                   expected.begin() + static_cast<std::ptrdiff_t>((i + 1) * width)),
                labels[i]);
        }
        CHECK(samples_of(data) == rows);
    }
    CHECK(load_dataset("npy:" + at("f4") + ",labels=" + at("labels"), 1).train->sample_shape() ==
          Indices{1, 2, 3});
    CHECK(load_dataset("npy:" + at("u4") + ",labels=" + at("labels"), 1).train->sample_shape() ==
          Indices{1});

    // Bytes with classes are images, here with the channels last.
    const DatasetPair images =
        load_dataset("npy:" + at("u1") + ",labels=" + at("column") + ",test-file=" + at("u1") +
                         ",test-labels=" + at("labels"),
                     1);
    CHECK(images.train->sample_shape() == Indices{3, 7, 5});
    const std::vector<float> pixels = values_of(*images.train);
    const std::vector<float> expected = expected_of(folder, "u1");
    CHECK(std::ranges::equal(pixels, expected, [](float pixel, float value) {
        return std::abs(pixel - value) < 1e-6F;
    }));
    CHECK(images.train->labels()[0] == 2);

    const DatasetPair numbers =
        load_dataset("npy:" + at("f8") + ",labels=" + at("numbers") + ",test=0.5", 1);
    CHECK(numbers.train->goal() == regression());
    std::multiset<double> targets;
    for (const auto& [values, target] : samples_of(numbers)) {
        targets.insert(target);
    }
    CHECK(targets == std::multiset<double>{-1, 0.5, 2, 3, 4, 5});
}

TEST_CASE("own data: arrays that are not taken are refused by file and reason") {
    const TemporaryFolder folder;
    REQUIRE(write_with("numpy", folder));
    const auto spec = [&](const std::string& name, const std::string& labels = "labels") {
        return fmt::format(
            "npy:{0}/{1}.npy,labels={0}/{2}.npy", folder.path().string(), name, labels);
    };
    check_refused(spec("fortran"), "fortran.npy: values in Fortran order, allowed C order");
    check_refused(spec("big"), "big.npy: values of type >f8, allowed bool, int8");
    check_refused(spec("half"), "half.npy: values of type <f2, allowed");
    check_refused(spec("complex"), "complex.npy: values of type <c16, allowed");
    check_refused(spec("records"), "records.npy: a header that cannot be read, got '{'descr': [(");
    check_refused(spec("text"), "text.npy: values of type <U1, allowed");
    check_refused(spec("object"), "object.npy: values of type |O, allowed");
    check_refused(spec("nan"), "nan.npy: value 3: got nan, allowed finite float32 numbers");
    check_refused(spec("empty"), "empty.npy: shape out of range, got a size of 0");
    check_refused(spec("f8", "five"), "five.npy: holds 5 labels for 6 samples of ");
    check_refused(spec("f8", "negative"),
                  "negative.npy: label 2: out of range, got -1, allowed 0 ");
    check_refused(spec("f8", "i8"), "i8.npy: labels of shape 6 x 4, allowed one for each sample");
    check_refused(spec("table"), "table.npy: no such file");
    check_refused("npy:" + (folder.path() / "f8.npy").string(), "labels");
    check_refused(spec("f8") + ",test-labels=x", "got one of test-file and test-labels");
    check_refused(fmt::format("{0},test-file={1}/i8.npy,test-labels={1}/labels.npy",
                              spec("f8"),
                              folder.path().string()),
                  "holds samples of 5 numbers with classes");
    check_refused(fmt::format("{0},test-file={1}/f8.npy,test-labels={1}/labels.npy,test=0.3",
                              spec("f8"),
                              folder.path().string()),
                  "dataset npy: test: got 0.3, but ");
    folder.write("cut.npy", folder.read("f8.npy").substr(0, 200));
    check_refused(spec("cut"), "cut.npy: offset 200: truncated, got 72 of 240 bytes of values");
    folder.write("long.npy", folder.read("f8.npy") + "x");
    check_refused(spec("long"), "long.npy: offset 368: bytes follow where the file should end");
    folder.write("plain.npy", "1,2,3\n4,5,6\n7,8,9\n");
    check_refused(spec("plain"), "plain.npy: not a file of numpy.save");
}

// Expectation: 5 billion numbers are 20 GB of float32, whatever the file has.
TEST_CASE("own data: an array that is too large in memory is refused by its header") {
    const TemporaryFolder folder;
    const auto header = [&](const std::string& type, const std::string& shape) {
        const std::string text =
            fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({},)}}\n", type, shape);
        std::string bytes = "\x93NUMPY\x01";
        bytes += {'\0', static_cast<char>(text.size()), '\0'};
        return folder.write("large.npy", bytes + text);
    };
    const auto refused = [](const std::string& message, const auto& read) {
        CHECK_THROWS_WITH_AS(read(), doctest::Contains(message.c_str()), std::invalid_argument);
    };
    const std::string floats = header("<f4", "5000000000");
    refused(
        "large.npy: too large, got 5000000000 values of 4 bytes in memory, allowed 16 GiB in all",
        [&] { (void)NpyFile("npy", floats).read_floats(); });
    const std::string labels = header("|u1", "3000000000");
    refused("large.npy: too large, got 3000000000 values of 8 bytes in memory",
            [&] { (void)NpyFile("npy", labels).read_integers(); });
    const std::string bytes = header("|u1", "20000000000");
    refused(
        "large.npy: shape out of range, got a size of 20000000000, allowed 1 or more, and 16 GiB",
        [&] { (void)NpyFile("npy", bytes); });
}

TEST_CASE("own data: a table as Python's csv writes it, quotes and all") {
    const TemporaryFolder folder;
    REQUIRE(write_with("numpy", folder));
    const std::string path = (folder.path() / "table.csv").string();
    const DatasetPair data = load_dataset("csv:" + path + ",label=2,test=0.4", 1);
    CHECK(data.train->goal() == classification());
    CHECK(data.train->num_classes() == 2);
    const std::multimap<std::vector<float>, double> rows{
        {{1.5F, -2e-3F}, 0}, {{2, 7}, 1}, {{3, 8}, 0}};
    CHECK(samples_of(data) == rows);
    // The last column, of whole numbers and a fraction, is a number to predict; texts are none.
    check_refused("csv:" + path, "table.csv: line 2: column 2: got 'a \"round\" one', allowed a ");
}

TEST_CASE("own data: tables without names, with other separators, classes and numbers") {
    const TemporaryFolder folder;
    const auto load = [&](const std::string& text, const std::string& options) {
        return load_dataset("csv:" + folder.write("t.csv", text) + options, 1);
    };
    const DatasetPair plain = load("1,2,30\n3,4,4\n\n5,6,30\r\n", "");
    CHECK(plain.train->num_classes() == 2);  // 4 is class 0, 30 class 1
    CHECK(samples_of(plain) ==
          std::multimap<std::vector<float>, double>{{{1, 2}, 1}, {{3, 4}, 0}, {{5, 6}, 1}});
    const DatasetPair tabs = load("x\ty\tz\n1\t 2\t3.5\n4\t5\t6\n", ",label=y,goal=number");
    CHECK(samples_of(tabs) ==
          std::multimap<std::vector<float>, double>{{{1, 3.5F}, 2}, {{4, 6}, 5}});
    const DatasetPair regression_of = load("1;0.5\n2;1\n3;-4e1\n", "");
    CHECK(regression_of.train->goal() == regression());
    const auto refused =
        [&](const std::string& text, const std::string& options, const std::string& message) {
            check_refused("csv:" + folder.write("t.csv", text) + options, message);
        };
    refused("a,b\n1,2\n3\n", "", "t.csv: line 3: got 1 cells, allowed 2, as the first line has");
    refused("a,b\n1,2\nx,3\n", "", "t.csv: line 3: column 1: got 'x', allowed a finite number");
    refused("a,b\n1,2\n,3\n", "", "t.csv: line 3: column 1: got '', allowed a finite number");
    refused("a,b\nnan,2\n2,3\n", "", "column 1: got 'nan'");
    refused("a,b\n1,\n2,3\n", "", "t.csv: line 2: column 2: no label");
    refused("a,b\n1,2\n", "", "got 1 sample, allowed 2 or more");
    refused("a,b\n1,2\n2,3\n", ",label=c", "no label column 'c', allowed a number of 1 ... 2, or");
    refused("a\n1\n", "", "got less than two columns");
    refused("", "", "got less than two columns");
    refused(
        "a,b\n1,x\n2,y\n", ",goal=number", "the label column holds 'x', allowed finite numbers");
    refused("a,b\n\"1,2\n", "", "t.csv: line 2: a quote that does not end in its line");
    refused("a,b\n\"1\"2,3\n", "", "t.csv: line 2: text behind a quoted cell");
}

TEST_CASE("own data: a table's cells are names in a line of names alone") {
    const TemporaryFolder folder;
    const auto rows_of = [&](const std::string& text, const std::string& options) {
        return samples_of(load_dataset("csv:" + folder.write("t.csv", text) + options, 1));
    };
    using Rows = std::multimap<std::vector<float>, double>;
    // As UCI's poker hands: column 3, not the cell 3 of column 1.
    const std::string numbers = "3,10,7\n5,11,8\n6,12,7\n";
    CHECK(rows_of(numbers, ",label=3") == Rows{{{3, 10}, 0}, {{5, 11}, 1}, {{6, 12}, 0}});
    check_refused("csv:" + folder.write("t.csv", numbers) + ",label=10",
                  "t.csv: line 1: no label column '10', allowed a number of 1 ... 3");
    // As pandas names the columns of an array.
    const std::string pandas = "0,1,label\n4,5,8\n6,7,9\n";
    const Rows expected{{{4, 5}, 0}, {{6, 7}, 1}};
    for (const char* options : {"", ",label=3", ",label=label"}) {
        CAPTURE(options);
        CHECK(rows_of(pandas, options) == expected);
    }
    CHECK(rows_of(pandas, ",label=label,goal=number") == Rows{{{4, 5}, 8}, {{6, 7}, 9}});
    CHECK(rows_of(pandas, ",label=1") == Rows{{{4, 8}, 0}, {{6, 9}, 1}});  // by its name
    CHECK(rows_of("0,1,label\n4,5,cat\n6,7,dog\n", ",label=label") == expected);
    CHECK(rows_of("label,0\n8,4\n9,6\n", ",label=1") == Rows{{{4}, 0}, {{6}, 1}});
    // Texts are labels where more of them are.
    CHECK(rows_of("4,5,a\n6,7,b\n8,9,1\n", "") == Rows{{{4, 5}, 1}, {{6, 7}, 2}, {{8, 9}, 0}});
    CHECK(rows_of("4,5,a\n6,7,a\n8,9,1\n", "") == Rows{{{4, 5}, 1}, {{6, 7}, 1}, {{8, 9}, 0}});
    CHECK(rows_of("4,5,nan\n6,7,1\n", "") == Rows{{{4, 5}, 1}, {{6, 7}, 0}});
}

/// Writes the checksum of a PNG file's header behind it.
void sign_png_header(std::string& png) {
    constexpr std::size_t kBegin = 12;  // behind the signature and the header's length
    constexpr std::size_t kEnd = kBegin + 4 + 13;
    const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(png.data()) + kBegin, kEnd - kBegin);
    for (std::size_t i = 0; i < 4; ++i) {
        png[kEnd + i] = static_cast<char>(sum >> (24 - 8 * i));
    }
}

TEST_CASE("own data: PNG images of every filter and kind, by the specification") {
    const TemporaryFolder folder;
    REQUIRE(write_with("numpy", folder));
    for (const char* name : {"rgb.png", "gray.png", "palette.png", "alpha.png", "deep.png"}) {
        CAPTURE(name);
        const Image image = read_image("images", folder.path() / name);
        CHECK(image.width == 5);
        CHECK(image.height == 6);
        CHECK(std::vector<float>(image.pixels.begin(), image.pixels.end()) ==
              expected_of(folder, name));
    }
    const auto refused = [&](const std::string& name, const std::string& message) {
        CHECK_THROWS_WITH_AS(static_cast<void>(read_image("images", folder.path() / name)),
                             doctest::Contains(message.c_str()),
                             std::invalid_argument);
    };
    std::string png = folder.read("rgb.png");
    folder.write("cut.png", png.substr(0, png.size() - 30));
    refused("cut.png", "cut.png: a damaged image: the file ends early");
    png[60] = static_cast<char>(png[60] ^ 0x55);
    folder.write("flipped.png", png);
    refused("flipped.png", "flipped.png: a damaged image: ");
    folder.write("text.png", "no image");
    refused("text.png", "text.png: no PNG, JPEG or binary PPM image");
    std::string large = folder.read("rgb.png");
    large[17] = 0x10;  // a million times as wide
    folder.write("large.png", large);
    refused("large.png", "large.png: a damaged image: ");  // the checksum of the header
    sign_png_header(large);
    folder.write("large.png", large);
    refused("large.png", "large.png: holds 1048581 x 6 pixels, allowed 4194304 in all");
    refused("absent.png", "absent.png: no such file");
    folder.write("huge.ppm", "P6\n3000 3000\n255\n");
    refused("huge.ppm", "huge.ppm: holds 3000 x 3000 pixels of 0 ... 255, allowed 4194304 in all");
}

/// Writes an image of one color.
void write_ppm(const std::filesystem::path& path, int side, char red, char green, char blue) {
    std::filesystem::create_directories(path.parent_path());
    std::string text = fmt::format("P6\n{0} {0}\n255\n", side);
    for (int i = 0; i < side * side; ++i) {
        text += red;
        text += green;
        text += blue;
    }
    test::write_text(path, text);
}

TEST_CASE("own data: a folder for each class, by name, of images of one size") {
    const TemporaryFolder folder;
    const std::filesystem::path& root = folder.path();
    write_ppm(root / "b" / "2.ppm", 2, 1, 2, 3);
    write_ppm(root / "b" / "1.PPM", 2, 4, 5, 6);
    write_ppm(root / "a" / "x.ppm", 2, 7, 8, 9);
    write_ppm(root / ".hidden" / "x.ppm", 3, 7, 8, 9);
    test::write_text(root / "a" / "notes.txt", "no image");
    const std::string spec = "images:" + root.string();
    const DatasetPair data = load_dataset(spec + ",test=0.34", 1);
    CHECK(data.train->size() + data.test->size() == 3);
    CHECK(data.train->num_classes() == 2);
    CHECK(data.train->sample_shape() == Indices{3, 2, 2});
    const auto pixel = [](int value) { return static_cast<float>(2 * value - 255) * (1.0F / 255); };
    std::multiset<double> of_b;
    for (const auto& [values, label] : samples_of(data)) {
        CHECK(values[0] == values[3]);  // a plane for each channel
        CHECK(values[4] == doctest::Approx(values[0] + 2.0F / 255));
        if (label == 1) {
            of_b.insert(values[0]);
        }
    }
    CHECK(of_b == std::multiset<double>{pixel(1), pixel(4)});
    // PIL's convert("L") of (7, 8, 9) is 8.
    const DatasetPair gray = load_dataset(spec + ",colors=gray", 1);
    CHECK(gray.train->sample_shape() == Indices{1, 2, 2});
    std::multimap<double, std::vector<float>> lumas;
    for (const auto& [values, label] : samples_of(gray)) {
        lumas.emplace(label, values);
    }
    const auto flat = [&](int value) { return std::vector<float>(4, pixel(value)); };
    CHECK(lumas ==
          std::multimap<double, std::vector<float>>{{0, flat(8)}, {1, flat(2)}, {1, flat(5)}});

    write_ppm(root / "b" / "3.ppm", 3, 1, 2, 3);
    check_refused(spec, "3.ppm: holds 3 x 3 pixels, allowed 2 x 2, as the first image has");
    check_refused("images:" + (root / "a").string(), "a: holds 0 folders, allowed 1 ");
    check_refused("images:" + (root / "c").string(), "not a folder");

    write_ppm(root / "parts" / "train" / "a" / "1.ppm", 2, 1, 1, 1);
    write_ppm(root / "parts" / "train" / "b" / "1.ppm", 2, 2, 2, 2);
    write_ppm(root / "parts" / "val" / "a" / "1.ppm", 2, 3, 3, 3);
    const std::string parts = "images:" + (root / "parts").string();
    check_refused(parts, "classes or sizes of images differ between its parts, got 2 classes");
    write_ppm(root / "parts" / "val" / "b" / "1.ppm", 2, 4, 4, 4);
    check_refused(parts + ",test=0.3", "dataset images: test: got 0.3, but ");
    const DatasetPair both = load_dataset(parts, 1);
    CHECK(both.train->size() == 2);
    CHECK(both.test->size() == 2);
    CHECK(both.test->labels()[1] == 1);
    CHECK(values_of(*both.test)[0] == pixel(3));
}

TEST_CASE("real data: images as Pillow writes them are read as it reads them") {
    const TemporaryFolder folder;
    if (!write_with("pillow", folder)) {
        return;
    }
    for (const char* name : {"rgb.png",
                             "progressive.jpg",
                             "subsampled.jpg",
                             "plain.jpeg",
                             "plain.ppm",
                             "gray.jpg",
                             "palette.png",
                             "alpha.png"}) {
        CAPTURE(name);
        const Image image = read_image("images", folder.path() / name);
        CHECK(image.width == 21);
        CHECK(image.height == 13);
        CHECK(std::vector<float>(image.pixels.begin(), image.pixels.end()) ==
              expected_of(folder, name));
    }
    CHECK_THROWS_WITH_AS(
        static_cast<void>(read_image("images", folder.path() / "cmyk.jpg")),
        doctest::Contains("cmyk.jpg: holds 4 channels, allowed gray or red, green and blue"),
        std::invalid_argument);
    const std::string jpeg = folder.read("plain.jpeg");
    folder.write("cut.jpg", jpeg.substr(0, jpeg.size() / 2));
    CHECK_THROWS_WITH_AS(static_cast<void>(read_image("images", folder.path() / "cut.jpg")),
                         doctest::Contains("cut.jpg: a damaged image: "),
                         std::invalid_argument);
    // One class, gray.
    std::filesystem::create_directories(folder.path() / "classes" / "one");
    for (const char* copy : {"1.png", "2.png"}) {
        std::filesystem::copy(folder.path() / "rgb.png", folder.path() / "classes" / "one" / copy);
    }
    const DatasetPair gray =
        load_dataset("images:" + (folder.path() / "classes").string() + ",colors=gray", 1);
    std::vector<float> expected = expected_of(folder, "luma");
    for (float& value : expected) {
        value = static_cast<float>(2 * static_cast<int>(value) - 255) * (1.0F / 255);
    }
    CHECK(values_of(*gray.train) == expected);
}

TEST_CASE("real data: tables as pandas writes them") {
    const TemporaryFolder folder;
    if (!write_with("pandas", folder)) {
        return;
    }
    const std::multimap<std::vector<float>, double> rows{
        {{1.25F, 10}, 0}, {{2, 20}, 1}, {{3.5F, 30}, 0}};
    for (const char* name : {"table.csv", "semicolon.csv", "table.csv.gz"}) {
        CAPTURE(name);
        CHECK(samples_of(load_dataset("csv:" + (folder.path() / name).string(), 1)) == rows);
    }
}

}  // namespace
}  // namespace murmur
