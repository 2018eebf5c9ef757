#include "learning/cpu_learner.h"
#include "tests/support/doctest.h"
#include "tests/support/sanitized.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_dataset.h"

#include <fmt/format.h>
#include <torch/script.h>

#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

using test::TemporaryFolder;

/// Saves a module with these parameters, as `torch.jit.script(...).save(...)` does in Python.
class Script {
  public:
    Script& parameter(const std::string& name, const at::Tensor& value) {
        module_.register_parameter(name, value.is_floating_point()
                                             ? value.clone().set_requires_grad(true)
                                             : value, false);
        return *this;
    }
    /// As after `requires_grad_(False)` in Python.
    Script& frozen(const std::string& name, const at::Tensor& value) {
        module_.register_parameter(name, value, false);
        return *this;
    }
    Script& attribute(const std::string& name, const c10::TypePtr& type, c10::IValue value) {
        module_.register_attribute(name, type, std::move(value));
        return *this;
    }
    Script& buffer(const std::string& name, const at::Tensor& value) {
        module_.register_buffer(name, value);
        return *this;
    }
    Script() { module_.register_attribute("training", c10::BoolType::get(), true); }
    Script& method(const std::string& source) {
        module_.define(source);
        return *this;
    }
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
    TrainingState state;
    return learner.train(*start, samples, state, {.seed = seed}).parameters;
}

void check_refused(const std::string& path, const std::string& message) {
    CHECK_THROWS_WITH_AS(CpuLearner("torchscript:" + path, points(), {}),
                         ("model torchscript: " + path + ": " + message).c_str(),
                         std::invalid_argument);
}

TEST_CASE("torchscript: a scripted softmax regression is the built-in one") {
    const TemporaryFolder folder;
    const std::string path = Script()
                                 .parameter("weight", ramp({3, 6}))
                                 .parameter("bias", ramp({3}))
                                 .save(folder, "return torch.addmm(self.bias, x, self.weight.t())");
    const TrainingOptions options{.batch_size = 4, .local_steps = 5, .lr = 0.5, .momentum = 0.5};
    CpuLearner scripted("torchscript:" + path, points(), options);
    CpuLearner built_in("softmax", points(), options);
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
    "    return torch.addmm(self.bias, y, self.weight.t())";

TEST_CASE("torchscript: floating buffers travel with the parameters, integer ones stay as saved") {
    const TemporaryFolder folder;
    const std::string path = Script()
                                 .parameter("weight", ramp({3, 6}))
                                 .parameter("bias", ramp({3}))
                                 .buffer("mean", at::zeros({6}))
                                 .buffer("var", at::ones({6}))
                                 .buffer("batches", at::zeros({}, at::kLong))
                                 .save(folder, kNormalized);
    CpuLearner learner("torchscript:" + path, points(), {.batch_size = 0, .lr = 0.1});
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
    CHECK(learner.notes() ==
          "1 integer buffer that counts passes and that nothing reads (such as batches) stays as "
          "saved");
    const LayoutCounts counts = count_values(learner.layout());
    CHECK(counts.trained == 21);
    CHECK(counts.buffers == 12);
    CHECK(learner.layout()[2].name == "mean");
}

// Expectation: m <- 0.5 m + 0.5 mean(batch) in a training pass, as with an assignment in Python.
TEST_CASE("torchscript: a buffer that is assigned to is kept as one that is written into") {
    const TemporaryFolder folder;
    const std::string path =
        Script()
            .parameter("weight", ramp({3, 6}))
            .buffer("mean", at::ones({6}))
            .save(folder,
                  "if self.training:\n"
                  "        self.mean = self.mean * 0.5 + x.mean(0) * 0.5\n"
                  "    return torch.mm(x - self.mean, self.weight.t())");
    CpuLearner learner("torchscript:" + path, points(), {.batch_size = 0, .lr = 0.1});
    const Parameters start = learner.initial_parameters(1);
    const Parameters trained = train(learner, start, 1);
    const std::vector<std::int64_t> all{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const at::Tensor mean = points().train->batch(all).inputs.mean(0);
    for (std::int64_t i = 0; i < 6; ++i) {
        CHECK(values_of(trained)[18 + i] ==
              doctest::Approx(0.5 + 0.5 * mean[i].item<double>()).epsilon(1e-5));
    }
    (void)learner.evaluate(*trained, 0);
    CHECK(values_of(train(learner, start, 1)) == values_of(trained));
}

// Expectation: a frozen weight W and a trained bias b of f(x) = W x + b are those of a softmax
// regression whose gradient of W is thrown away.
TEST_CASE("torchscript: frozen parameters stay, and what is trained is counted") {
    const TemporaryFolder folder;
    const std::string path = Script()
                                 .frozen("weight", ramp({3, 6}))
                                 .parameter("bias", ramp({3}))
                                 .save(folder, "return torch.addmm(self.bias, x, self.weight.t())");
    const TrainingOptions options{
        .batch_size = 4, .local_steps = 3, .lr = 0.5, .momentum = 0.5, .weight_decay = 0.1};
    CpuLearner learner("torchscript:" + path, points(), options);
    const LayoutCounts counts = count_values(learner.layout());
    CHECK(counts.trained == 3);
    CHECK(counts.frozen == 18);
    const Parameters start = learner.initial_parameters(1);
    const auto trained = values_of(train(learner, start, 3));
    for (std::size_t i = 0; i < 18; ++i) {
        CHECK(trained[i] == values_of(start)[i]);
    }
    // One step from the start: the bias moves as it does beside a weight that is trained as well.
    TrainingOptions once = options;
    once.local_steps = 1;
    CpuLearner frozen_once("torchscript:" + path, points(), once);
    CpuLearner softmax("softmax", points(), once);
    const auto expected = values_of(train(softmax, start, 3));
    const auto got = values_of(train(frozen_once, start, 3));
    for (std::size_t i = 18; i < 21; ++i) {
        CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-5));
        CHECK(got[i] != values_of(start)[i]);
    }
    check_refused(Script()
                      .frozen("weight", ramp({3, 6}))
                      .save(folder, "return torch.mm(x, self.weight.t())"),
                  "has nothing to train: its 18 parameters were saved with requires_grad=False; "
                  "save it with requires_grad_(True)");
}

// Two batches of one feature each and a batch norm over it: one sample has no variance.
TEST_CASE("torchscript: a rest of one sample is left out where batch normalization needs two") {
    const TemporaryFolder folder;
    const auto script = [&](const std::string& check) {
        return Script()
            .parameter("weight", ramp({3, 6}))
            .buffer("mean", at::zeros({6}))
            .buffer("var", at::ones({6}))
            .save(folder,
                  check +
                      "y = torch.batch_norm(x, None, None, self.mean, self.var, self.training, "
                      "0.1, 1e-5, False)\n"
                      "    return torch.mm(y, self.weight.t())");
    };
    // With a check of the size, as PyTorch's layer has one, and without.
    for (const char* check : {"",
                              "if self.training:\n"
                              "        x = x + 0.0 * x.narrow(0, 1, 1)\n"
                              "    "}) {
        CpuLearner learner("torchscript:" + script(check),
                           points(),
                           {.batch_size = 4, .local_epochs = 2, .lr = 0.1});
        CHECK(learner.steps_per_call(9) == 4);    // 4, 4, twice; not 4, 4, 1
        CHECK(learner.samples_per_call(9) == 16);
        CHECK(learner.steps_per_call(10) == 6);
        const std::vector<std::int64_t> nine{0, 1, 2, 3, 4, 5, 6, 7, 8};
        TrainingState state;
        const TrainingResult result =
            learner.train(*learner.initial_parameters(1), nine, state, {.seed = 3});
        CHECK(result.steps == 4);
        CHECK(result.samples == 16);
        for (const float value : values_of(result.parameters)) {
            CHECK(std::isfinite(value));
        }
        CHECK_NOTHROW(learner.check_partitions(std::vector<std::int64_t>{9, 10, 0}));
        CHECK_THROWS_WITH_AS(learner.check_partitions(std::vector<std::int64_t>{9, 1}),
                             "batch normalization needs 2 samples in a batch, and this model "
                             "leaves it one value of each; node 1 has 1 and batches of 4",
                             std::invalid_argument);
    }
}

TEST_CASE("torchscript: every size of batch that a run will have is tried before it") {
    const TemporaryFolder folder;
    const std::string path =
        Script()
            .parameter("weight", ramp({3, 6}))
            .save(folder,
                  "y = torch.mm(x, self.weight.t())\n"
                  "    if x.size(0) == 3:\n"
                  "        y = y.narrow(0, 100, 1)\n"
                  "    return y");
    const CpuLearner learner("torchscript:" + path, points(), {.batch_size = 4, .local_steps = 2});
    CHECK_NOTHROW(learner.check_partitions(std::vector<std::int64_t>{8, 10}));
    try {
        learner.check_partitions(std::vector<std::int64_t>{8, 11});
        FAIL("accepted");
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        CHECK(text.starts_with("training on a batch of 3: cannot take samples of shape 6 (Float)"));
        CHECK(text.find('\n') == std::string::npos);
        CHECK(text.size() < 300);
    }
}

TEST_CASE("torchscript: private steps are tried as they are taken, a sample at a time") {
    const TemporaryFolder folder;
    const auto learner = [&](int refused, const std::string& privacy) {
        const std::string path = Script()
                                     .parameter("weight", ramp({3, 6}))
                                     .save(folder,
                                           fmt::format("y = torch.mm(x, self.weight.t())\n"
                                                       "    if self.training and x.size(0) == {}:\n"
                                                       "        y = y.narrow(0, 100, 1)\n"
                                                       "    return y",
                                                       refused));
        return CpuLearner("torchscript:" + path,
                          points(),
                          {.batch_size = 5, .local_steps = 2, .privacy = privacy});
    };
    const std::string privacy = "dp-sgd:clip=1,noise=1";
    const std::vector<std::int64_t> sizes{10, 0};
    CHECK_NOTHROW(learner(1, "none").check_partitions(sizes));
    CHECK_NOTHROW(learner(5, privacy).check_partitions(sizes));
    CHECK_THROWS_AS(learner(5, "none").check_partitions(sizes), std::invalid_argument);
    CHECK_THROWS_WITH_AS(learner(1, privacy).check_partitions(sizes),
                         doctest::Contains("training on a batch of 1: cannot take"),
                         std::invalid_argument);
}

TEST_CASE("torchscript: tokens go in as integers, and a regression may leave out its column") {
    const TemporaryFolder folder;
    const std::string path = Script()
                                 .parameter("weight", ramp({20, 20}))
                                 .save(folder, "return torch.embedding(self.weight, x).sum(1)");
    CpuLearner text("torchscript:" + path, test::random_sequences(4, 5, 20, 1), {});
    CHECK(std::isfinite(text.evaluate(*text.initial_parameters(1), 0).loss));
    const std::string sums =
        Script().parameter("weight", ramp({4})).save(folder, "return (x * self.weight).sum(1)");
    CpuLearner rating("torchscript:" + sums, test::random_regression(4, 4, 1), {});
    CHECK(std::isfinite(rating.evaluate(*rating.initial_parameters(1), 0).loss));
}

TEST_CASE("torchscript: a file that is none, or is not there, is refused in one line") {
    const TemporaryFolder folder;
    CHECK_THROWS_WITH_AS(CpuLearner("torchscript", points(), {}),
                         "model torchscript: the file is missing, allowed torchscript:FILE",
                         std::invalid_argument);
    check_refused("/nowhere/model.pt", "no such file");
    check_refused(folder.path().string(), "no such file");
    for (const char* content : {"", "not a model", "PK\3\4 cut"}) {
        const std::string path = folder.write("bad.pt", content);
        try {
            CpuLearner("torchscript:" + path, points(), {});
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
    // What follows are the words of libzip, whose versions differ.
    const std::string begin = "model torchscript: " + path +
                              ": not a file of torch.jit.script(...).save(...): no ZIP file, or "
                              "damaged or cut: ";
    try {
        CpuLearner("torchscript:" + path, points(), {});
        FAIL("a file that is none was taken");
    } catch (const std::invalid_argument& error) {
        CHECK(std::string(error.what()).starts_with(begin));
    }
    folder.write("model.pt", sound);
    CHECK(CpuLearner("torchscript:" + path, points(), {}).num_parameters() == 18);
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
           "draws random numbers (aten::dropout), such as dropout does; they would come from a "
           "generator that all nodes share, and runs would differ");
    refuse(ramp({3, 6}),
           "return x[:, :3] * 2.0",
           "gives outputs that depend on no parameter that is trained");
    refuse(ramp({3, 6}).to(at::kDouble),
           "return torch.mm(x, self.weight.t().float())",
           "holds weight as Double, allowed float32");
    check_refused(Script().save(folder, "return x[:, :3]"),
                  "has no parameters, as after torch.jit.freeze");
}

TEST_CASE("torchscript: random numbers are found in the graph, whatever the batch") {
    const TemporaryFolder folder;
    const auto refuse = [&](const std::string& body, const std::string& name) {
        check_refused(
            Script().parameter("weight", ramp({3, 6})).save(folder, body),
            "draws random numbers (" + name +
                "), such as dropout does; they would come from a generator that all nodes share, "
                "and runs would differ");
    };
    const std::string end = "\n    return torch.mm(x, self.weight.t())";
    refuse("if x.size(0) > 100:\n        x = torch.dropout(x, 0.5, True)" + end, "aten::dropout");
    refuse("x = x + torch.rand_like(x)" + end, "aten::rand_like");
    refuse("x = torch.bernoulli(x.sigmoid())" + end, "aten::bernoulli");
    refuse("x = torch.feature_dropout(x, 0.5, self.training)" + end, "aten::feature_dropout");
    // A rate of zero draws nothing.
    const std::string path = Script()
                                 .parameter("weight", ramp({3, 6}))
                                 .attribute("p", c10::FloatType::get(), 0.0)
                                 .save(folder, "x = torch.dropout(x, self.p, self.training)" + end);
    CHECK_NOTHROW(CpuLearner("torchscript:" + path, points(), {}));
}

TEST_CASE("torchscript: what reaches out of the model is refused before it runs") {
    const TemporaryFolder folder;
    const auto victim = folder.path() / "victim.txt";
    folder.write("victim.txt", "precious");
    const std::string end = "\n    return torch.mm(x, self.weight.t()) + y.sum() * 0.0";
    const auto refuse = [&](const std::string& body, const std::string& name) {
        check_refused(Script().parameter("weight", ramp({3, 6})).save(folder, body),
                      "uses the operator " + name +
                          ", which is not among those that compute from their arguments alone");
    };
    refuse("y = torch.from_file('" + victim.string() + "', True, 4)\n    y.fill_(0.0)" + end,
           "aten::from_file");
    refuse("y = x\n    torch.save(x, '" + (folder.path() / "out").string() + "')" + end,
           "aten::save");
    refuse("y = torch.empty([3])" + end, "aten::empty");
    refuse("y = torch.empty_strided([2], [1000000000000])" + end, "aten::empty_strided");
    refuse("y = x\n    torch.manual_seed(1)" + end, "aten::manual_seed");
    refuse("y = x\n    print('hello')" + end, "prim::Print");
    // Not in a method that forward calls, either.
    check_refused(Script()
                      .parameter("weight", ramp({3, 6}))
                      .method("def inner(self, x):\n    return x + torch.empty_like(x)\n")
                      .save(folder, "y = self.inner(x)" + end),
                  "uses the operator aten::empty_like, which is not among those that compute from "
                  "their arguments alone");
    CHECK(folder.read("victim.txt") == "precious");
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
}

// As Python writes modules that define __getstate__, and as nobody writes default values.
TEST_CASE("torchscript: code that would run as the file is loaded is refused") {
    const TemporaryFolder folder;
    Script script;
    script.parameter("weight", ramp({3, 6}))
        .method("def __getstate__(self):\n    return (self.weight, self.training)\n")
        .method(
            "def __setstate__(self, state: Tuple[Tensor, bool]):\n"
            "    self.weight = state[0]\n"
            "    self.training = state[1]\n");
    const std::string path = script.save(folder, "return torch.mm(x, self.weight.t())");
    try {
        CpuLearner("torchscript:" + path, points(), {});
        FAIL("accepted");
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        CHECK(text.find("its code runs as it is loaded") != std::string::npos);
        CHECK(text.find("it has a __getstate__, allowed are plain values") != std::string::npos);
        CHECK(text.find('\n') == std::string::npos);
    }
}

TEST_CASE("torchscript: state beside floating-point buffers is refused") {
    const TemporaryFolder folder;
    const std::string end = "\n    return torch.mm(x, self.weight.t())";
    const std::string must =
        "; what a model keeps between calls must be a floating-point buffer (register_buffer), "
        "which belongs to a node and travels";
    const auto script = [] { return Script().parameter("weight", ramp({3, 6})); };
    check_refused(script()
                      .attribute("n", c10::IntType::get(), 0)
                      .save(folder, "self.n = self.n + 1\n    x = x * float(self.n)" + end),
                  "writes into its attribute n" + must);
    check_refused(script()
                      .attribute("t", c10::TensorType::get(), at::zeros({6}))
                      .save(folder, "self.t.add_(1)\n    x = x + self.t" + end),
                  "writes into its attribute t" + must);
    check_refused(script()
                      .attribute("seen",
                                 c10::ListType::create(c10::IntType::get()),
                                 c10::List<std::int64_t>())
                      .save(folder, "self.seen.append(1)\n    x = x * len(self.seen)" + end),
                  "writes into its attribute seen" + must);
    check_refused(script()
                      .buffer("n", at::zeros({}, at::kLong))
                      .save(folder, "self.n += 1\n    x = x * self.n" + end),
                  "counts in its integer buffer n and computes with it" + must);
    check_refused(script().save(folder, "self.weight.detach().zero_()" + end),
                  "writes into its parameter weight, which training alone may change");
}

TEST_CASE("torchscript: a tensor beyond memory ends in one line") {
    if (test::leaves_out_memory("torchscript: a tensor beyond memory ends in one line")) {
        return;
    }
    const TemporaryFolder folder;
    const std::string path = Script()
                                 .parameter("weight", ramp({3, 6}))
                                 .save(folder,
                                       "y = torch.ones([300000000000])\n"
                                       "    return torch.mm(x, self.weight.t()) + y[0]");
    try {
        CpuLearner("torchscript:" + path, points(), {});
        FAIL("accepted");
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        CHECK(text.find("cannot take samples of shape 6 (Float): ") != std::string::npos);
        CHECK(text.find("can't allocate memory") != std::string::npos);
        CHECK(text.find('\n') == std::string::npos);
        CHECK(text.size() < 500);
    }
}

}  // namespace
}  // namespace murmur
