#include "learning/leaf.h"
#include "learning/leaf_reader.h"
#include "tests/support/doctest.h"
#include "tests/unit/learning/leaf_files.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

using testing::leaf_file;
using testing::LeafFolder;

/// Notes what the reader tells.
class Note final : public LeafVisitor {
  public:
    void on_x(const nlohmann::json& x) override { text += "x" + x.dump() + " "; }
    void on_y(const nlohmann::json& y) override { text += "y" + y.dump() + " "; }
    void on_user_end(std::int64_t samples) override { text += std::to_string(samples) + "; "; }
    std::string text;
};

TEST_CASE("LEAF files are read in the order of their names, unknown keys passed over") {
    const LeafFolder folder("{}", "{}");
    folder.write("train/data.json", leaf_file("b", 1, "[7]", "[{\"k\": [1, {\"m\": null}]}]"));
    folder.write("train/another.json",
                 R"({"hierarchies": ["h", {"x": 1}], "user_data": {"a": {"y": [0, 1],
                     "hint": {"x": [1]}, "x": ["p", [2, [3]]]}, "c": {"x": [], "y": []}},
                     "num_samples": [0, 2], "users": ["c", "a"]})");
    folder.write("train/notes.txt", "not JSON");
    Note note;
    read_leaf_folder("leaf", folder.path() / "train", note);
    CHECK(note.text == "y0 y1 x\"p\" x[2,[3]] 2; 0; x7 y{\"k\":[1,{\"m\":null}]} 1; ");
}

void check_refused(const std::string& content, const std::string& message) {
    const LeafFolder folder(content, "{}");
    Note note;
    CHECK_THROWS_WITH_AS(
        read_leaf_folder("leaf", folder.path() / "train", note),
        ("dataset leaf: " + folder.file("train/data.json") + ": " + message).c_str(),
        std::invalid_argument);
}

TEST_CASE("LEAF files of another structure are refused") {
    check_refused("", "damaged or cut: no JSON at byte 1");
    check_refused("[1]", "an array where LEAF has none");
    check_refused("7", "a number where LEAF has none");
    check_refused("{", "damaged or cut: no JSON at byte 2");
    const std::string sound = leaf_file("u", 2, "[1, 2]", "[3, 4]");
    check_refused(sound.substr(0, sound.size() - 1), "damaged or cut: no JSON at byte 84");
    check_refused(sound + "x", "damaged or cut: no JSON at byte 85");
    check_refused("{}",
                  "names 0 users, 0 numbers of samples and the data of 0 users, allowed as many of "
                  "each, and one at least");
    check_refused(R"({"users": {}})", "an object where LEAF has none, near 'users'");
    check_refused(R"({"users": [1]})", "a number where LEAF has none, near 'users'");
    check_refused(R"({"num_samples": ["u"]})", "a string where LEAF has none, near 'num_samples'");
    check_refused(R"({"user_data": []})", "an array where LEAF has none, near 'user_data'");
    check_refused(R"({"user_data": {"u": []}})", "an array where LEAF has none");
    check_refused(R"({"user_data": {"u": {"x": 5}}})",
                  "user 'u': a number where LEAF has none, near 'x'");
    check_refused(R"({"user_data": {"u": {"x": {}}}})",
                  "user 'u': an object where LEAF has none, near 'x'");
    check_refused(R"({"user_data": {"u": {"x": [], "x": []}}})", "user 'u': 'x' is given twice");
    check_refused(R"({"user_data": {"u": {"x": [1]}}})",
                  "user 'u': has 1 samples in x and 0 in y, allowed as many in each");
    check_refused(R"({"user_data": {"u": {"x": [], "y": []}, "u": {}}})",
                  "user 'u': is given twice, allowed once");
    check_refused(leaf_file("u", 2, "[1, 2]", "[3]"),
                  "user 'u': has 2 samples in x and 1 in y, allowed as many in each");
    check_refused(leaf_file("u", 3, "[1, 2]", "[3, 4]"),
                  "user 'u' has 2 samples, but num_samples says 3");
    check_refused(R"({"users": ["u", "v"], "num_samples": [1], "user_data": {}})",
                  "names 2 users, 1 numbers of samples and the data of 0 users, allowed as many of "
                  "each, and one at least");
    check_refused(R"({"users": ["v"], "num_samples": [0], "user_data": {"u": {"x": [], "y": []}}})",
                  "user 'v' has no data");
    check_refused(
        R"({"users": ["u", "u"], "num_samples": [0, 0],
            "user_data": {"u": {"x": [], "y": []}, "v": {"x": [], "y": []}}})",
        "user 'u' is named twice, allowed once");
}

TEST_CASE("deep nesting exhausts no stack") {
    check_refused(leaf_file("u", 1, "[" + std::string(200'000, '['), ""),
                  "damaged or cut: no JSON at byte 200064");
}

TEST_CASE("LEAF folders without files, and users in two files, are refused") {
    const LeafFolder folder(leaf_file("u", 1, "[1]", "[1]"), "{}");
    folder.write("train/more.json", leaf_file("u", 1, "[1]", "[1]"));
    folder.write("empty/readme", "");
    Note note;
    CHECK_THROWS_WITH(read_leaf_folder("leaf", folder.path() / "train", note),
                      ("dataset leaf: " + folder.file("train/more.json") +
                       ": user 'u' is in an earlier file already, allowed once")
                          .c_str());
    CHECK_THROWS_WITH(read_leaf_folder("leaf", folder.path() / "empty", note),
                      ("dataset leaf: " + folder.file("empty") + ": holds no .json file").c_str());
    CHECK_THROWS_WITH(read_leaf_folder("leaf", folder.path() / "absent", note),
                      ("dataset leaf: not a folder, got '" + folder.file("absent") + "'").c_str());
}

/// An image of 784 values that all are `value`.
std::string image(const std::string& value) {
    std::string text = "[" + value;
    for (int i = 1; i < 784; ++i) {
        text += ", " + value;
    }
    return text + "]";
}

TEST_CASE("FEMNIST: pixels are as in the file, samples belong to users") {
    const LeafFolder folder(
        R"({"users": ["a", "b"], "num_samples": [1, 2], "user_data": {"a": {"x": [)" +
            image("1.0") + R"(], "y": [61]}, "b": {"x": [)" + image("0") + ", " +
            image("0.5019607843137255") + R"(], "y": [0, 5]}}})",
        leaf_file("c", 1, "[" + image("1") + "]", "[3]"));
    const DatasetPair data = load_dataset("femnist:" + folder.path().string(), 1);
    CHECK(data.train->size() == 3);
    CHECK(data.train->sample_shape() == std::vector<std::int64_t>{1, 28, 28});
    CHECK(data.train->num_classes() == 62);
    CHECK(std::ranges::equal(data.train->labels(), std::vector<std::int64_t>{61, 0, 5}));
    CHECK(std::ranges::equal(data.train->user_offsets(), std::vector<std::int64_t>{0, 1, 3}));
    const std::vector<std::int64_t> all{0, 1, 2};
    const Batch batch = data.train->batch(all);
    const float* pixels = batch.inputs.data_ptr<float>();
    CHECK(pixels[0] == 1.0F);
    CHECK(pixels[784] == 0.0F);
    CHECK(pixels[2 * 784 + 783] == doctest::Approx(128.0 / 255));
    CHECK(data.test->labels()[0] == 3);
    CHECK(data.test->user_offsets().empty());
}

TEST_CASE("the order of a LEAF test set is drawn from the seed") {
    std::string images = "[" + image("0");
    std::string labels = "[0";
    for (int i = 1; i < 30; ++i) {
        images += "," + image("0");
        labels += "," + std::to_string(i);
    }
    const LeafFolder folder(leaf_file("u", 1, "[" + image("0") + "]", "[0]"),
                            leaf_file("u", 30, images + "]", labels + "]"));
    const auto order = [&](std::uint64_t seed) {
        const DatasetPair data = load_femnist(folder.path(), seed);
        const auto classes = data.test->labels();
        return std::vector<std::int64_t>(classes.begin(), classes.end());
    };
    CHECK(order(1) == order(1));
    CHECK(order(1) != order(2));
    std::vector<std::int64_t> sorted = order(1);
    CHECK_FALSE(std::ranges::is_sorted(sorted));
    std::ranges::sort(sorted);
    CHECK((sorted.front() == 0 && sorted.back() == 29 && sorted[15] == 15));
}

/// Expects a training file to be refused by the dataset of this name.
void check_dataset_refused(const std::string& name,
                           const std::string& train,
                           const std::string& message) {
    const LeafFolder folder(train, train);
    CHECK_THROWS_WITH_AS(
        static_cast<void>(load_dataset(name + ":" + folder.path().string(), 1)),
        ("dataset " + name + ": " + folder.file("train/data.json") + ": " + message).c_str(),
        std::invalid_argument);
}

TEST_CASE("FEMNIST: samples that are none are refused") {
    check_dataset_refused("femnist",
                          leaf_file("u", 1, "[[0.5, 0.5]]", "[1]"),
                          "user 'u': x[0]: not an image, got 2 values, allowed 784 numbers");
    check_dataset_refused("femnist",
                          leaf_file("u", 1, "[3]", "[1]"),
                          "user 'u': x[0]: not an image, got 0 values, allowed 784 numbers");
    check_dataset_refused("femnist",
                          leaf_file("u", 1, "[" + image("1.5") + "]", "[1]"),
                          "user 'u': x[0]: pixel out of range, got 1.5, allowed 0 ... 1");
    check_dataset_refused("femnist",
                          leaf_file("u", 1, "[" + image("null") + "]", "[1]"),
                          "user 'u': x[0]: pixel out of range, got null, allowed 0 ... 1");
    check_dataset_refused("femnist",
                          leaf_file("u", 2, "[]", "[61, 62]"),
                          "user 'u': y[1]: label out of range, got 62, allowed 0 ... 61");
    const LeafFolder nothing(leaf_file("u", 0, "[]", "[]"), "{}");
    CHECK_THROWS_WITH(static_cast<void>(load_femnist(nothing.path(), 1)),
                      ("dataset femnist: " + nothing.file("train") + ": holds no samples").c_str());
}

TEST_CASE("CelebA: images are read by name, channels apart") {
    std::string pixels;
    for (int i = 0; i < 84 * 84; ++i) {
        pixels += {static_cast<char>(255), 0, static_cast<char>(i % 2 == 0 ? 0 : 255)};
    }
    const std::string json = leaf_file("u", 1, R"(["000001.jpg"])", "[1]");
    const LeafFolder folder(json, json);
    const std::string image_path = folder.file("images/000001.ppm");
    const auto refuse = [&](const std::string& content, const std::string& message) {
        folder.write("images/000001.ppm", content);
        CHECK_THROWS_WITH_AS(static_cast<void>(load_celeba(folder.path(), 1)),
                             ("dataset celeba: " + folder.file("train/data.json") +
                              ": user 'u': x[0]: dataset celeba: " + image_path + ": " + message)
                                 .c_str(),
                             std::invalid_argument);
    };
    refuse("P5 84 84 255 ", "is no binary PPM image");
    refuse("", "offset 0: truncated, got 0 of 1 bytes of the header");
    refuse(std::string(50, 'x'), "is no binary PPM image");
    refuse("P6 178 218 255\n", "holds 178 x 218 pixels of 0 ... 255, allowed 84 x 84 of 0 ... 255");
    refuse("P6 84 84 255\n" + pixels.substr(1),
           "offset 21180: truncated, got 21167 of 21168 bytes of pixels");
    refuse("P6 84 84 255\n" + pixels + "x", "offset 21181: bytes follow where the file should end");
    folder.write("images/000001.ppm", "P6\n# made by hand\n84 84\n255\n" + pixels);
    const DatasetPair data = load_dataset("celeba:" + folder.path().string(), 1);
    const std::int64_t first = 0;
    const Batch batch = data.train->batch(std::span(&first, 1));
    const float* planes = batch.inputs.data_ptr<float>();
    CHECK(planes[0] == 1.0F);
    CHECK(planes[84 * 84] == -1.0F);
    CHECK(planes[2 * 84 * 84] == -1.0F);
    CHECK(planes[2 * 84 * 84 + 1] == 1.0F);
    CHECK(data.train->labels()[0] == 1);
    check_dataset_refused("celeba",
                          leaf_file("u", 1, R"(["../secret.jpg"])", "[1]"),
                          "user 'u': x[0]: not the name of an image, got '../secret.jpg'");
    check_dataset_refused(
        "celeba", leaf_file("u", 1, "[5]", "[1]"), "user 'u': x[0]: not a text, got a number");
}

}  // namespace
}  // namespace murmur
