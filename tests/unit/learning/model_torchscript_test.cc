#include "learning/learner.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_dataset.h"

#include <torch/script.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

using test::TemporaryFolder;

/// Saves a module with these parameters, as `torch.jit.script(...).save(...)` does in Python.
class Script {
  public:
    Script& parameter(const std::string& name, const at::Tensor& value) {
        module_.register_parameter(name, value, false);
        return *this;
    }
    Script& buffer(const std::string& name, const at::Tensor& value) {
        module_.register_buffer(name, value);
        return *this;
    }
    Script() { module_.register_attribute("training", c10::BoolType::get(), true); }
    std::string save(const TemporaryFolder& folder, const std::string& body) {
        module_.define("def forward(self, x):\n    " + body + "\n");
        const std::string path = (folder.path() / "model.pt").string();
        module_.save(path);
        return path;
    }

  private:
    torch::jit::Module module_{"Script"};
};

DatasetPair points() {
    return test::random_classification(12, {6}, 3, 1);
}

at::Tensor ramp(std::vector<std::int64_t> shape) {
    return at::arange(c10::multiply_integers(shape), at::kFloat).reshape(shape) / 100;
}

std::vector<float> values_of(const Parameters& parameters) {
    return {parameters->values().begin(), parameters->values().end()};
}

Parameters train(Learner& learner, const Parameters& start, std::uint64_t seed) {
    const std::vector<std::int64_t> samples{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    OptimizerState optimizer;
    return learner.train(*start, samples, optimizer, seed).parameters;
}

TEST_CASE("torchscript: a scripted softmax regression is the built-in one") {
    const TemporaryFolder folder;
    const std::string path = Script()
                                 .parameter("weight", ramp({3, 6}))
                                 .parameter("bias", ramp({3}))
                                 .save(folder, "return torch.addmm(self.bias, x, self.weight.t())");
    const TrainingOptions options{.batch_size = 4, .local_steps = 5, .lr = 0.5, .momentum = 0.5};
    Learner scripted("torchscript:" + path, points(), options);
    Learner built_in("softmax", points(), options);
    CHECK(scripted.num_parameters() == built_in.num_parameters());
    CHECK(scripted.flops_per_sample() == built_in.flops_per_sample());
    const Parameters start = scripted.initial_parameters(1);
    CHECK(values_of(start)[7] == 0.07F);   // the values of the file, for any seed
    CHECK(values_of(start)[19] == 0.01F);  // bias
    const auto expected = values_of(train(built_in, start, 3));
    const auto got = values_of(train(scripted, start, 3));
    for (std::size_t i = 0; i < got.size(); ++i) {
        CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-5));
    }
    CHECK(scripted.evaluate(*start, 0).loss ==
          doctest::Approx(built_in.evaluate(*start, 0).loss).epsilon(1e-6));
}

const char* const kNormalized =
    "self.batches += 1\n"
    "    y = torch.batch_norm(x, None, None, self.mean, self.var, self.training, 0.1, 1e-5, "
    "False)\n"
    "    return torch.addmm(self.bias, y, self.weight.t()) + self.batches.float() * 0.001";

TEST_CASE("torchscript: floating buffers travel with the parameters, integer ones stay as saved") {
    const TemporaryFolder folder;
    const std::string path = Script()
                                 .parameter("weight", ramp({3, 6}))
                                 .parameter("bias", ramp({3}))
                                 .buffer("mean", at::zeros({6}))
                                 .buffer("var", at::ones({6}))
                                 .buffer("batches", at::zeros({}, at::kLong))
                                 .save(folder, kNormalized);
    Learner learner("torchscript:" + path, points(), {.batch_size = 0, .lr = 0.1});
    CHECK(learner.num_parameters() == 18 + 3 + 6 + 6);
    const Parameters start = learner.initial_parameters(1);
    CHECK(values_of(start)[21] == 0);
    CHECK(values_of(start)[27] == 1);
    // Expectation: one batch moves the running mean a tenth of the way to the batch's.
    const Parameters trained = train(learner, start, 1);
    const std::vector<std::int64_t> all{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const at::Tensor mean = points().train->batch(all).inputs.mean(0);
    for (std::int64_t i = 0; i < 6; ++i) {
        CHECK(values_of(trained)[21 + i] ==
              doctest::Approx(0.1 * mean[i].item<double>()).epsilon(1e-5));
    }
    // Whatever ran before, the same arguments give the same bits.
    (void)learner.evaluate(*trained, 0);
    CHECK(values_of(train(learner, start, 1)) == values_of(trained));
    CHECK(values_of(train(learner, start, 1)) == values_of(trained));
    CHECK(values_of(start)[21] == 0);
}

TEST_CASE("torchscript: tokens go in as integers, and a regression may leave out its column") {
    const TemporaryFolder folder;
    const std::string path = Script()
                                 .parameter("weight", ramp({20, 20}))
                                 .save(folder, "return torch.embedding(self.weight, x).sum(1)");
    Learner text("torchscript:" + path, test::random_sequences(4, 5, 20, 1), {});
    CHECK(std::isfinite(text.evaluate(*text.initial_parameters(1), 0).loss));
    const std::string sums =
        Script().parameter("weight", ramp({4})).save(folder, "return (x * self.weight).sum(1)");
    Learner rating("torchscript:" + sums, test::random_regression(4, 4, 1), {});
    CHECK(std::isfinite(rating.evaluate(*rating.initial_parameters(1), 0).loss));
}

void check_refused(const std::string& path, const std::string& message) {
    CHECK_THROWS_WITH_AS(Learner("torchscript:" + path, points(), {}),
                         ("model torchscript: " + path + ": " + message).c_str(),
                         std::invalid_argument);
}

TEST_CASE("torchscript: a file that is none, or is not there, is refused in one line") {
    const TemporaryFolder folder;
    CHECK_THROWS_WITH_AS(Learner("torchscript", points(), {}),
                         "model torchscript: the file is missing, allowed torchscript:FILE",
                         std::invalid_argument);
    check_refused("/nowhere/model.pt", "no such file");
    check_refused(folder.path().string(), "no such file");
    for (const char* content : {"", "not a model", "PK\3\4 cut"}) {
        const std::string path = folder.write("bad.pt", content);
        try {
            Learner("torchscript:" + path, points(), {});
            FAIL("accepted");
        } catch (const std::invalid_argument& error) {
            const std::string text = error.what();
            CHECK(text.find("bad.pt: not a file of torch.jit.script(...).save(...): ") !=
                  std::string::npos);
            CHECK(text.find('\n') == std::string::npos);
        }
    }
}

// LibTorch itself reads damaged weights without a word.
TEST_CASE("torchscript: a damaged file is refused by its checksums") {
    const TemporaryFolder folder;
    const std::string path = Script()
                                 .parameter("weight", ramp({3, 6}))
                                 .save(folder, "return torch.mm(x, self.weight.t())");
    const std::string sound = folder.read("model.pt");
    const float weight = 0.17F;
    const std::size_t at =
        sound.find(std::string_view(reinterpret_cast<const char*>(&weight), sizeof weight));
    REQUIRE(at != std::string::npos);
    std::string damaged = sound;
    damaged[at] ^= 1;
    folder.write("model.pt", damaged);
    check_refused(path,
                  "not a file of torch.jit.script(...).save(...): entry model/data/0: damaged: CRC "
                  "error");
    folder.write("model.pt", sound.substr(0, sound.size() / 2));
    check_refused(path,
                  "not a file of torch.jit.script(...).save(...): no ZIP file, or damaged or cut: "
                  "Not a zip archive");
    folder.write("model.pt", sound);
    CHECK(Learner("torchscript:" + path, points(), {}).num_parameters() == 18);
}

TEST_CASE("torchscript: a model that does not fit the data is refused with the reason") {
    const TemporaryFolder folder;
    const auto refuse = [&](const at::Tensor& weight, const char* body, const char* message) {
        check_refused(Script().parameter("weight", weight).save(folder, body), message);
    };
    refuse(ramp({3, 7}),
           "return torch.mm(x, self.weight.t())",
           "cannot take samples of shape 6 (Float): RuntimeError: mat1 and mat2 shapes cannot be "
           "multiplied (2x6 and 7x3)");
    refuse(ramp({4, 6}),
           "return torch.mm(x, self.weight.t())",
           "gives outputs of shape 2x4 (Float) for 2 samples, allowed 2x3 (Float), one for each "
           "class");
    refuse(ramp({3, 6}),
           "return torch.dropout(torch.mm(x, self.weight.t()), 0.5, self.training)",
           "draws random numbers, such as dropout does; they would come from a generator that all "
           "nodes share, and runs would differ");
    refuse(ramp({3, 6}), "return x[:, :3] * 2.0", "gives outputs that depend on no parameter");
    refuse(ramp({3, 6}).to(at::kDouble),
           "return torch.mm(x, self.weight.t().float())",
           "holds weight as Double, allowed float32");
    check_refused(Script().save(folder, "return x[:, :3]"),
                  "has no parameters, as after torch.jit.freeze");
}

}  // namespace
}  // namespace murmur
