#pragma once

#include "emulator/protocols/group_member.h"
#include "emulator/protocols/protocol_plan.h"
#include "tools/text/spec.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

/// Returns those nodes of a run that are there, ascending.
[[nodiscard]] std::vector<NodeId> all_there(const NodeContext& node);

/// What protocols over collectives have in common: a round is local work and an exchange with the
/// others, of whose result all go on.  Its number is that of the round.
class GroupProtocol : public GroupMember {
  public:
    explicit GroupProtocol(NodeContext& node, Collectives::Options options = {})
        : GroupMember(node, std::move(options)) {}

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

    // Nodes that leave and return; by default the state in common is the model.

    /// Lets the node be back with this model if it leaves now, instead of that of the round's start.
    void be_back_with(ModelHandle model);
    /// Returns the model that the round has begun from, where nodes leave and return.
    [[nodiscard]] const ModelHandle& round_start() const { return start_; }
    [[nodiscard]] bool has_common_state() const override { return true; }
    void begin_with(ModelHandle model) override;
    [[nodiscard]] ModelHandle own_model() const override;
    [[nodiscard]] bool is_untouched() const override { return is_training_; }
    void forget_round() override { is_training_ = false; }
    [[nodiscard]] bool stands_before(std::uint64_t number) const override;
    void give_state(NodeContext::EncodedCallback done) override;
    void take_state(EncodedHandle state, NodeContext::ModelCallback done) override;

  private:
    ModelHandle start_;
    bool is_training_ = false;
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
/// @param make  makes protocols that are `GroupMember`s
/// @param has_common_state  as these say
[[nodiscard]] ProtocolPlan plan_of_group(ProtocolFactory make, bool has_common_state = true);

}  // namespace murmur
