#pragma once

#include "emulator/nodes/protocol.h"
#include "emulator/protocols/collectives.h"
#include "emulator/protocols/protocol_plan.h"
#include "tools/text/spec.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

/// What protocols over collectives have in common: a round is local work and an exchange with the
/// others, of whose result all go on.
class GroupProtocol : public Protocol {
  public:
    explicit GroupProtocol(NodeContext& node, Collectives::Options options = {})
        : Protocol(node), collectives_(node, std::move(options)) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    [[nodiscard]] std::string waits_for() const override;

  protected:
    /// Runs when the local work of a round is done; ends in `conclude`, at once or later.
    /// @param start  what it began from
    virtual void exchange(ModelHandle start, ModelHandle trained) = 0;
    /// Finishes the round with this model and goes on from it.
    void conclude(ModelHandle model);

    [[nodiscard]] Collectives& collectives() { return collectives_; }
    /// Returns the collective of this round with these members, in ascending order.
    [[nodiscard]] Collective collective_of(CollectiveForm form, std::vector<NodeId> members) const;
    [[nodiscard]] Collective collective_of_all(CollectiveForm form) const;

  private:
    void begin_round(ModelHandle model);

    Collectives collectives_;
};

/// The option `via`: by which messages all-reduces are done, and how it is read.
[[nodiscard]] OptionForm collective_form_option();
[[nodiscard]] CollectiveForm collective_form(const Options& options);
/// The option `timeout`, which makes a protocol bear losses, and how it is read.
[[nodiscard]] OptionForm collective_timeout_option();
[[nodiscard]] std::optional<SimTime> collective_timeout(const Options& options);
/// The option `codec` of what a protocol sends, and how it is read; null: float32 as it is.
[[nodiscard]] OptionForm value_codec_option();
[[nodiscard]] std::shared_ptr<const ValueCodec> value_codec(const Options& options);

/// Returns the plan of a protocol that sends vectors of its own among any nodes.
[[nodiscard]] ProtocolPlan plan_of_group(ProtocolFactory make);

}  // namespace murmur
