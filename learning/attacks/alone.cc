#include "learning/attack.h"
#include "learning/random_stream.h"

#include <cstddef>
#include <limits>
#include <memory>

namespace murmur {
namespace {

/// Applies `change` to each value of an attacker's own model.
template <class Change>
Parameters changed(const Parameters& own, Change change) {
    auto forged = std::make_shared<ParameterVector>(own->size());
    for (std::size_t i = 0; i < own->size(); ++i) {
        forged->values()[i] = change(own->values()[i]);
    }
    return forged;
}

/// x_b = -scale x_own, what epfml calls bit flipping.
class SignFlip final : public Attack {
  public:
    explicit SignFlip(double scale) : scale_(static_cast<float>(scale)) {}
    [[nodiscard]] Parameters forge(const AttackView& view) const override {
        return changed(view.own, [this](float value) { return -scale_ * value; });
    }

  private:
    float scale_;
};

/// Normal values, independent of any model.
class Gaussian final : public Attack {
  public:
    Gaussian(double mu, double sigma) : mu_(mu), sigma_(sigma) {}
    [[nodiscard]] Parameters forge(const AttackView& view) const override {
        RandomStream stream(view.stream_seed);
        return changed(view.own,
                       [&](float) { return static_cast<float>(mu_ + sigma_ * stream.normal()); });
    }

  private:
    double mu_;
    double sigma_;
};

/// One value everywhere.
class Constant final : public Attack {
  public:
    explicit Constant(float value) : value_(value) {}
    [[nodiscard]] Parameters forge(const AttackView& view) const override {
        return changed(view.own, [this](float) { return value_; });
    }

  private:
    float value_;
};

/// Training on labels that are turned around; what is sent is what was learnt.
class LabelFlip final : public Attack {
  public:
    [[nodiscard]] bool flips_labels() const override { return true; }
    [[nodiscard]] bool forges() const override { return false; }
};

template <class A>
AttackMake of_value(float value) {
    return [value](const Options&, const AttackSetting&) { return std::make_unique<A>(value); };
}

}  // namespace

void register_alone(AttackRegistry& registry) {
    registry.add({"sign-flip",
                  "its own model, each sign turned",
                  {named("scale", "1", "by which it is multiplied as well")}},
                 [](const Options& options, const AttackSetting&) {
                     return std::make_unique<SignFlip>(options.number("scale", {0, 1e30}));
                 });
    registry.add(
        {"label-flip", "learns from labels that are turned around: classes - 1 - label"},
        [](const Options&, const AttackSetting&) { return std::make_unique<LabelFlip>(); });
    registry.add({"gaussian",
                  "normal values",
                  {named("mu", "0", "their mean"), named("sigma", "1", "their deviation")}},
                 [](const Options& options, const AttackSetting&) {
                     return std::make_unique<Gaussian>(options.number("mu", {-1e30, 1e30}),
                                                       options.number("sigma", {0, 1e30}));
                 });
    registry.add({"nan", "values that are no numbers"},
                 of_value<Constant>(std::numeric_limits<float>::quiet_NaN()));
    registry.add({"infinity", "infinite values"},
                 of_value<Constant>(std::numeric_limits<float>::infinity()));
}

}  // namespace murmur
