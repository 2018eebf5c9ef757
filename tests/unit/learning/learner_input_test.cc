#include "learning/cpu_learner.h"
#include "learning/models/model.h"
#include "tests/support/doctest.h"
#include "tests/support/tensor_dataset.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

void check_refused(const std::string& model,
                   const DatasetPair& data,
                   const TrainingOptions& options,
                   const char* message) {
    CHECK_THROWS_WITH_AS(CpuLearner(model, data, options), message, std::invalid_argument);
}

DatasetPair flat() {
    return test::random_classification(4, {6}, 3, 1);
}

TEST_CASE("learner: models that do not fit the data are refused") {
    const DatasetPair points = test::random_regression(4, 6, 1);
    try {
        CpuLearner("resnet", flat(), {});
        FAIL("accepted");
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        // A program, such as this one's other tests, may have added its own to them.
        CHECK(text.starts_with(
            "model: unknown, got 'resnet', allowed gn-lenet, linear, softmax, mlp, cifar-cnn, "
            "femnist-cnn, celeba-cnn, resnet-8, resnet-18, stacked-lstm, reddit-rnn, "
            "matrix-factorization, gpt, torchscript"));
        CHECK(text.ends_with("; did you mean resnet-8?"));
    }
    check_refused("linear",
                  flat(),
                  {},
                  "model linear: needs data for regression, got data for classification");
    check_refused("softmax",
                  points,
                  {},
                  "model softmax: needs data for classification, got data for regression");
    check_refused("gn-lenet",
                  points,
                  {},
                  "model gn-lenet: needs data for classification, got data for regression");
    check_refused("gn-lenet",
                  flat(),
                  {},
                  "model gn-lenet: needs images, channels x height x width with both sides a "
                  "multiple of 8, got samples of shape 6");
    check_refused("gn-lenet",
                  test::random_classification(4, {1, 28, 28}, 3, 1),
                  {},
                  "model gn-lenet: needs images, channels x height x width with both sides a "
                  "multiple of 8, got samples of shape 1x28x28");
}

TEST_CASE("learner: malformed model arguments are refused") {
    check_refused("softmax:3", flat(), {}, "model softmax: takes no argument, got '3'");
    check_refused("gn-lenet:", flat(), {}, "model gn-lenet: takes no argument, got ''");
    for (const char* text : {"mlp", "mlp:", "mlp:12-", "mlp:0", "mlp:12x", "mlp:-5"}) {
        CHECK_THROWS_AS(CpuLearner(text, flat(), {}), std::invalid_argument);
    }
    check_refused(
        "mlp:12-x",
        flat(),
        {},
        "model mlp: width of a layer: not a whole number in range, got 'x', allowed 1 ... "
        "1048576");
}

TEST_CASE("learner: impossible training options are refused") {
    check_refused("softmax",
                  flat(),
                  {.batch_size = -1},
                  "training: batch-size: got -1, allowed 0 (all) and above");
    check_refused("softmax",
                  flat(),
                  {.local_steps = -1},
                  "training: local-steps: got -1, allowed 0 and above");
    check_refused("softmax",
                  flat(),
                  {.local_epochs = -2},
                  "training: local-epochs: got -2, allowed 0 and above");
    check_refused("softmax", flat(), {.lr = -0.5}, "training: lr: got -0.5, allowed 0 and above");
    check_refused("softmax",
                  flat(),
                  {.momentum = 1.0},
                  "training: momentum: got 1, allowed 0 and above, below 1");
    check_refused("softmax",
                  flat(),
                  {.weight_decay = -1},
                  "training: weight-decay: got -1, allowed 0 and above");
    check_refused("softmax",
                  flat(),
                  {.nesterov = true},
                  "optimizer sgd: momentum: got 0, allowed above 0 where nesterov is on");
}

TEST_CASE("learner: training and test samples must be alike") {
    const DatasetPair other = test::random_classification(4, {7}, 3, 1);
    check_refused("softmax",
                  {flat().train, other.test},
                  {},
                  "learner: training and test samples differ in shape, classes or input ranges");
}

TEST_CASE("learner: every model has a line of help") {
    for (const char* name :
         {"linear", "softmax", "mlp:WIDTH", "gn-lenet", "cifar-cnn", "torchscript:FILE"}) {
        CAPTURE(name);
        CHECK(models().help().find("  " + std::string(name)) != std::string::npos);
    }
}

/// A file with these floats, removed at the end of a test.
class ParameterFile {
  public:
    explicit ParameterFile(const std::vector<float>& values, std::size_t extra_bytes = 0) {
        std::ofstream file(path_, std::ios::binary);
        file.write(reinterpret_cast<const char*>(values.data()),
                   static_cast<std::streamsize>(values.size() * sizeof(float)));
        file << std::string(extra_bytes, 'x');
    }
    ~ParameterFile() { std::filesystem::remove(path_); }
    ParameterFile(const ParameterFile&) = delete;
    ParameterFile& operator=(const ParameterFile&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_ =
        (std::filesystem::temp_directory_path() / "murmur-initial-parameters-test").string();
};

TEST_CASE("initial parameters: one vector serves all nodes, n vectors one each") {
    const ParameterFile one({1, 2, 3});
    const auto common = read_initial_parameters(one.path(), 3, 2);
    REQUIRE(common.size() == 2);
    CHECK(common[0] == common[1]);
    CHECK(common[1]->values()[2] == 3.0F);

    const ParameterFile two({1, 2, 3, 4, 5, 6});
    const auto own = read_initial_parameters(two.path(), 3, 2);
    REQUIRE(own.size() == 2);
    CHECK(own[0]->values()[0] == 1.0F);
    CHECK(own[1]->values()[2] == 6.0F);
}

TEST_CASE("initial parameters: a file of another size is refused, and one that is missing") {
    const ParameterFile file({1, 2, 3}, 2);
    const std::string wrong_size = "initial parameters: wrong size of '" + file.path() +
                                   "', got 14 bytes, allowed 12 (one vector of 3 float32) or 24 "
                                   "(one for each of 2 nodes)";
    CHECK_THROWS_WITH_AS(
        read_initial_parameters(file.path(), 3, 2), wrong_size.c_str(), std::invalid_argument);
    CHECK_THROWS_WITH_AS(read_initial_parameters("/no/such/file", 3, 2),
                         "initial parameters: cannot read '/no/such/file'",
                         std::invalid_argument);
    CHECK_THROWS_AS(read_initial_parameters("/tmp", 3, 2), std::invalid_argument);
}

}  // namespace
}  // namespace murmur
