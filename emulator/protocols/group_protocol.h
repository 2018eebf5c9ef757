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

/// A protocol of a node that takes part in collectives.
class CollectiveUser {
  public:
    virtual ~CollectiveUser() = default;
    [[nodiscard]] virtual Collectives& collectives() = 0;
};

/// Returns those nodes of a run that are there, ascending.
[[nodiscard]] std::vector<NodeId> all_there(const NodeContext& node);

/// What protocols over collectives have in common: a round is local work and an exchange with the
/// others, of whose result all go on.
///
/// Where nodes leave, for good alone, a collective goes on among those that are there
/// (`Collectives`); without a member from then on.
class GroupProtocol : public Protocol, public CollectiveUser {
  public:
    explicit GroupProtocol(NodeContext& node, Collectives::Options options = {})
        : Protocol(node), collectives_(node, std::move(options)) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_peer_left(NodeId peer) override { collectives_.on_peer_left(peer); }
    [[nodiscard]] std::string waits_for() const override;
    [[nodiscard]] Collectives& collectives() final { return collectives_; }

  protected:
    /// Runs when the local work of a round is done; ends in `conclude`, at once or later.
    /// @param start  what it began from
    virtual void exchange(ModelHandle start, ModelHandle trained) = 0;
    /// Finishes the round with this model and goes on from it.
    void conclude(ModelHandle model);

    /// Returns the collective of this round with those of these members that are there, in ascending
    /// order.
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
/// @param make  makes protocols that are `CollectiveUser`s
[[nodiscard]] ProtocolPlan plan_of_group(ProtocolFactory make);

}  // namespace murmur
