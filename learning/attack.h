#pragma once

#include "learning/parameters.h"
#include "tools/text/registry.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace murmur {

/// Who attacks whom: what an attack may depend on before a run begins.
struct AttackSetting {
    std::span<const std::uint32_t> honest;  ///< nodes that learn and do not attack, ascending
    std::uint32_t num_attackers = 0;
};

/// What an attacker sees when it sends: models of other nodes as they are at that instant.
struct AttackView {
    const Parameters& own;               ///< what the attacker would send if it were honest
    std::span<const Parameters> honest;  ///< those that it asked for, ascending by node
    std::uint64_t stream_seed = 0;       ///< of the attacker's random stream for this round
    // Of an attack on each receiver apart: the victim's own model, the weights that it gives each
    // of its honest neighbors, whose models are `honest`, and the sum of those that it gives
    // attackers.
    Parameters victim{};
    std::span<const double> weights{};
    double attackers_weight = 0;
};

/// How nodes that mean harm behave.  They know all models, take part in the protocol as everybody
/// does, and lie in what they learn from or in what they send.
class Attack {
  public:
    virtual ~Attack() = default;

    /// Returns whether attackers learn from samples with other labels: classes - 1 - label.
    [[nodiscard]] virtual bool flips_labels() const { return false; }
    /// Returns whether attackers send forged models.
    [[nodiscard]] virtual bool forges() const { return true; }
    /// Returns whether each receiver gets a model of its own.
    [[nodiscard]] virtual bool is_per_victim() const { return false; }
    /// Returns whose models the attacker looks at, ascending; unused where it is per victim.
    [[nodiscard]] virtual std::vector<std::uint32_t> sees() const { return {}; }

    /// Returns what the attacker sends instead of its own model.
    [[nodiscard]] virtual Parameters forge(const AttackView& view) const { return view.own; }
};

/// Makes an attack.
/// @throws std::invalid_argument  on a wrong option
using AttackMake = std::function<std::unique_ptr<const Attack>(const Options& options,
                                                               const AttackSetting& setting)>;
using AttackRegistry = Registry<AttackMake>;

/// Returns the attacks that `--attack` may name: ours, and those that a program adds.
[[nodiscard]] AttackRegistry& attacks();

/// Registers those of the folder attacks/.
void register_all(AttackRegistry& registry);

/// Makes the attack that `spec` names, such as `ipm:eps=0.5`.
/// @throws std::invalid_argument  on an unknown name or option
[[nodiscard]] std::unique_ptr<const Attack> make_attack(std::string_view spec,
                                                        const AttackSetting& setting);

}  // namespace murmur
