#include "learning/least_squares.h"
#include "learning/models/model.h"
#include "learning/models/script/pickle.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/targets.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/script.h>

#include <optional>
#include <sstream>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace murmur::fuzz {
namespace {

// LibTorch's reader of ZIP files leaks 152 bytes with each one that libzip takes and it refuses,
// and the stack that LeakSanitizer has of it names nobody who could be suppressed.
#if defined(__SANITIZE_ADDRESS__)
using IgnoreLeaks = __lsan::ScopedDisabler;
#else
struct IgnoreLeaks {};
#endif

/// Returns the file of a linear regression that counts its passes.
std::string script() {
    torch::jit::Module module("Script");
    module.register_parameter("weight", at::ones({1, 4}).set_requires_grad(true), false);
    module.register_buffer("mean", at::zeros({4}));
    module.register_buffer("passes", at::zeros({}, at::kLong));
    module.register_attribute("training", c10::BoolType::get(), true);
    module.define(
        "def forward(self, x):\n"
        "    self.passes += 1\n"
        "    if self.training:\n"
        "        x = x - self.mean\n"
        "    return torch.mm(x, self.weight.t())\n");
    std::ostringstream file;
    module.save(file);
    return file.str();
}

/// Returns the pickle of a saved module.
Bytes pickle_of(const std::string& file) {
    std::istringstream stream(file);
    caffe2::serialize::PyTorchStreamReader reader(&stream);
    const auto [data, size] = reader.getRecord("data.pkl");
    const auto* bytes = static_cast<const std::uint8_t*>(data.get());
    return {bytes, bytes + size};
}

}  // namespace

std::vector<Target> model_targets() {
    // LibTorch trusts what it unpickles; what is attacked is the check that stands before it, and
    // what we make of a model that it lets pass.
    const auto data = make_least_squares({.features = 4, .samples = 8}, 1).train;
    Target target = file_target("torchscript",
                                [data](const std::string& path) {
                                    [[maybe_unused]] const IgnoreLeaks ignore;
                                    (void)make_model("torchscript:" + path, *data);
                                },
                                {});
    target.seeds = [] { return std::vector<Bytes>{as_bytes(script())}; };
    std::vector<Target> targets;
    targets.push_back(std::move(target));
    Target pickles{"torchscript-pickle",
                   [](std::span<const std::uint8_t> input) {
                       check_pickle(input, [](const std::string& key) {
                           // As long as the longest of the seed's three tensors.
                           return key.size() == 1 ? std::optional<std::uint64_t>(16)
                                                  : std::nullopt;
                       });
                   },
                   [] { return std::vector<Bytes>{pickle_of(script())}; }};
    targets.push_back(std::move(pickles));
    return targets;
}

}  // namespace murmur::fuzz
