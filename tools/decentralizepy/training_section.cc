// How nodes learn: DecentralizePy's sections TRAIN_PARAMS and OPTIMIZER_PARAMS.
#include "tools/decentralizepy/section.h"
#include "tools/decentralizepy/translation.h"
#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

namespace murmur::decentralizepy {
namespace {

constexpr const char* kTraining = "TRAIN_PARAMS";
constexpr const char* kOptimizer = "OPTIMIZER_PARAMS";

/// Whether a dataset's loss is MSELoss, half of which is what regression has here.
bool is_regression(const std::string& dataset) {
    return dataset == "MovieLens";
}

void check_class(Section& section) {
    section.module("training_package", "decentralizepy.training");
    const std::string name = section.text("training_class", "Training");
    if (name != "Training") {
        throw std::invalid_argument(
            fmt::format("{}: got '{}', allowed Training: {}",
                        section.where("training_class"),
                        shown(name),
                        name == "LLMTraining"
                            ? "this one trains the language models of AmazonReview, which have no "
                              "counterpart here"
                            : "what another class does with gradients is not known here"));
    }
}

/// Refuses every loss but the one that is learnt from the dataset here: models give logits, so that
/// NLLLoss, for one, is no cross-entropy of theirs.
void check_loss(Section& section, const std::string& dataset) {
    section.module("loss_package", "torch.nn");
    // Where there is no class, a function of the package is read.
    const bool is_class = section.has("loss_class");
    const char* const key = is_class ? "loss_class" : "loss";
    const std::string expected = is_regression(dataset) ? (is_class ? "MSELoss" : "mse_loss")
                                 : is_class             ? "CrossEntropyLoss"
                                                        : "cross_entropy";
    if (const std::string loss = section.text(key, expected); loss != expected) {
        throw std::invalid_argument(
            fmt::format("{}: got '{}', allowed {}, which is what is learnt from {} here",
                        section.where(key),
                        shown(loss),
                        expected,
                        dataset));
    }
    section.remark("loss", "is not read where there is a loss_class");
}

/// One of PyTorch's optimizers.
struct Optimizer {
    std::string name;               ///< here
    const char* lr;                 ///< unless it is given
    std::vector<std::string> keys;  ///< that are translated, but for `lr`
    bool has_decay_in_gradient;     ///< weight decay is added to the gradient
};

const std::map<std::string, Optimizer>& optimizers() {
    static const std::map<std::string, Optimizer> table{
        {"SGD",
         {"sgd", "0.001", {"momentum", "weight_decay", "nesterov", "dampening", "maximize"}, true}},
        {"Adam", {"adam", "0.001", {"betas", "eps", "weight_decay", "amsgrad", "maximize"}, true}},
        {"AdamW",
         {"adamw", "0.001", {"betas", "eps", "weight_decay", "amsgrad", "maximize"}, false}},
        {"RMSprop",
         {"rmsprop",
          "0.01",
          {"alpha", "eps", "centered", "weight_decay", "momentum", "maximize"},
          true}},
    };
    return table;
}

class OptimizerTranslation {
  public:
    OptimizerTranslation(IniFile& ini, Translation& translation, bool halves_loss)
        : section_(ini, translation, kOptimizer),
          translation_(translation),
          halves_loss_(halves_loss) {}

    /// Returns whether the optimizer remembers anything.
    bool translate();

  private:
    /// Whether the class reads a key, and the file has it.
    bool has(const char* key) {
        return std::ranges::find(optimizer_->keys, key) != optimizer_->keys.end() &&
               section_.take(key).has_value();
    }
    void choose();
    std::string spec();
    void add_betas(std::string& spec);
    void add_options();
    void require_none();

    Section section_;
    Translation& translation_;
    bool halves_loss_;
    std::string class_;
    const Optimizer* optimizer_ = nullptr;
};

void add_to(std::string& spec, std::string_view name, std::string_view value) {
    spec += fmt::format("{}{}={}", spec.find(':') == std::string::npos ? ':' : ',', name, value);
}

void OptimizerTranslation::choose() {
    section_.module("optimizer_package", "torch.optim");
    class_ = section_.text("optimizer_class", "SGD");
    const auto found = optimizers().find(class_);
    if (found == optimizers().end()) {
        std::vector<std::string> names;
        for (const auto& [name, optimizer] : optimizers()) {
            names.push_back(name);
        }
        throw std::invalid_argument(unknown_word(section_.where("optimizer_class"), class_, names));
    }
    optimizer_ = &found->second;
}

void OptimizerTranslation::add_betas(std::string& spec) {
    std::string pair = section_.text("betas", "");
    std::erase_if(pair, [](char c) {
        return std::string_view("()[] \t\n").find(c) != std::string_view::npos;
    });
    const auto parts = split(pair, ',');
    if (parts.size() != 2 || !parse_number<double>(parts[0]) || !parse_number<double>(parts[1])) {
        throw std::invalid_argument(fmt::format("{}: got '{}', allowed (BETA1, BETA2)",
                                                section_.where("betas"),
                                                shown(section_.text("betas", ""))));
    }
    add_to(spec, "beta1", parts[0]);
    add_to(spec, "beta2", parts[1]);
}

/// The optimizer with its own options, those that have no option of ours beside.
std::string OptimizerTranslation::spec() {
    std::string spec = optimizer_->name;
    if (has("betas")) {
        add_betas(spec);
    }
    if (has("alpha")) {
        add_to(spec, "alpha", section_.number("alpha", ""));
    }
    // Gradients of half the loss are half as large.  So are the moments that a step divides by each
    // other, which leaves it as it is where `eps` is half as large, too.
    const bool has_moments = optimizer_->name != "sgd";
    if (halves_loss_ && has_moments) {
        const double eps = parse_number(
            section_.where("eps"), section_.number("eps", "1e-8"), {0, kMostOfAnything});
        add_to(spec, "eps", fmt::format("{}", eps / 2));
    } else if (has("eps")) {
        add_to(spec, "eps", section_.number("eps", ""));
    }
    if (has("centered") && section_.flag("centered", false)) {
        add_to(spec, "centered", "true");
    }
    return spec;
}

void OptimizerTranslation::add_options() {
    const bool doubles_rate = halves_loss_ && optimizer_->name == "sgd";
    const std::string lr = section_.number("lr", optimizer_->lr);
    const auto value_of = [this](const char* key, const std::string& text) {
        return parse_number(section_.where(key), text, {0, kMostOfAnything});
    };
    translation_.add("lr", doubles_rate ? fmt::format("{}", 2 * value_of("lr", lr)) : lr);
    if (has("momentum")) {
        translation_.add("momentum", section_.number("momentum", ""));
    }
    const bool has_decay = has("weight_decay");
    if (has_decay) {
        const std::string decay = section_.number("weight_decay", "");
        // In the gradient it is half as large as the gradient is.
        const bool is_halved = halves_loss_ && optimizer_->has_decay_in_gradient;
        translation_.add(
            "weight-decay",
            is_halved ? fmt::format("{}", value_of("weight_decay", decay) / 2) : decay);
    }
    if (has("nesterov") && section_.flag("nesterov", false)) {
        translation_.add("nesterov", "true");
    }
    if (halves_loss_) {
        const char* const decay =
            has_decay && optimizer_->has_decay_in_gradient ? ", and weight decay halved" : "";
        translation_.remarks.push_back(remark_on(
            kOptimizer,
            "optimizer_class",
            class_,
            fmt::format("{}{}: what is learnt here is half of MSELoss, and takes the same "
                        "steps so",
                        doubles_rate ? "lr is doubled" : "eps is halved",
                        decay)));
    }
}

/// Refuses what there is not, unless it is off.
void OptimizerTranslation::require_none() {
    if (has("dampening")) {
        const std::string dampening = section_.number("dampening", "");
        if (parse_number<double>(dampening) != 0.0) {
            throw std::invalid_argument(fmt::format(
                "{}: got {}, allowed 0 alone", section_.where("dampening"), shown(dampening)));
        }
    }
    for (const char* key : {"amsgrad", "maximize"}) {
        if (has(key)) {
            section_.require(key, false);
        }
    }
    for (const char* key : {"foreach", "fused", "capturable", "differentiable"}) {
        section_.remark(key, "says how PyTorch computes a step, and changes none");
    }
}

bool OptimizerTranslation::translate() {
    choose();
    translation_.add("optimizer", spec());
    add_options();
    require_none();
    return optimizer_->name != "sgd" || has("momentum");
}

}  // namespace

void translate_training(IniFile& ini,
                        Translation& translation,
                        const CommandLine& line,
                        const std::string& dataset) {
    Section section(ini, translation, kTraining);
    check_class(section);
    const bool epochs = section.flag("full_epochs", false);
    if (!line.iterations.empty()) {
        (void)parse_integer("--iterations", line.iterations, {1, kMostOfAnything});
    }
    translation.add("rounds", line.iterations.empty() ? "1" : line.iterations);
    translation.add(epochs ? "local-epochs" : "local-steps", section.integer("rounds", "1"));
    translation.add("batch-size", section.integer("batch_size", "1"));
    if (!section.flag("shuffle", false)) {
        translation.remarks.push_back(
            {"[TRAIN_PARAMS] shuffle = False", "samples are always taken in a drawn order"});
    }
    check_loss(section, dataset);
}

bool translate_optimizer(IniFile& ini, Translation& translation, const std::string& dataset) {
    return OptimizerTranslation(ini, translation, is_regression(dataset)).translate();
}

}  // namespace murmur::decentralizepy
