#pragma once

#include "emulator/protocols/collectives.h"
#include "learning/encoding/whole_model.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

/// One collective of one node while it is under way; each form derives its own.
class CollectiveOperation {
  public:
    CollectiveOperation(Collectives& owner, const Collective& collective);
    virtual ~CollectiveOperation() = default;

    [[nodiscard]] std::uint64_t number() const { return collective_.number; }
    [[nodiscard]] const Collective& collective() const { return collective_; }
    /// Returns where a member stands, or nothing.
    [[nodiscard]] std::optional<std::size_t> place_of(NodeId member) const;

    virtual void start() = 0;
    /// Takes what the member at `from` has sent.
    virtual void take(std::size_t from, std::uint32_t step, EncodedHandle content) = 0;
    /// Takes a part of the result from a member that has it.
    virtual void take_result(std::uint32_t index, EncodedHandle content) = 0;
    [[nodiscard]] virtual std::string waits_for() const = 0;
    /// Lets no work and no timer of its own go on: from then on it takes a result alone.
    void abandon();
    [[nodiscard]] bool is_abandoned() const { return is_abandoned_; }

  protected:
    [[nodiscard]] NodeContext& node() const { return owner_.node_; }
    [[nodiscard]] const Collectives::Options& options() const { return owner_.options_; }
    [[nodiscard]] std::size_t count() const { return collective_.members.size(); }
    [[nodiscard]] std::size_t place() const { return place_; }
    [[nodiscard]] NodeId member(std::size_t place) const { return collective_.members[place]; }

    void send(std::size_t to, std::uint32_t step, EncodedHandle content);
    /// Ends the operation; `then` runs when it is no longer there.
    void end(Collectives::Result result, std::function<void()> then);
    /// Starts, or starts anew, the one timer of an operation.
    void start_timer(SimTime delay, std::function<void()> event);
    void stop_timer();
    /// Returns `done` as it is to be given to work of the node: it does not run when the operation
    /// was abandoned meanwhile.
    template <class F>
    [[nodiscard]] auto while_alive(F done) const {
        return [alive = std::weak_ptr<const char>(alive_), done = std::move(done)](auto... values) {
            if (!alive.expired()) {
                done(std::move(values)...);
            }
        };
    }

  private:
    Collectives& owner_;
    Collective collective_;
    std::size_t place_;
    std::shared_ptr<const char> alive_ = std::make_shared<const char>();
    std::optional<TimerId> timer_;
    bool is_abandoned_ = false;
};

/// An all-reduce: what its forms have in common.
class AllReduce : public CollectiveOperation {
  public:
    struct Input {
        ModelHandle vector;
        std::size_t length;
        std::function<void(ModelHandle mean)> done;
    };

    AllReduce(Collectives& owner, const Collective& collective, Input input);

    void take_result(std::uint32_t index, EncodedHandle content) override;

  protected:
    /// A sum of a chunk of several members' vectors, divided.
    struct Sum {
        std::size_t chunk = 0;
        std::size_t chunks = 1;      ///< into how many the vectors are cut
        std::size_t before_own = 0;  ///< how many of those that came are added before the own one
        double divisor = 1;
    };
    /// Encodes a sum of this node's chunk and of those that came.
    void add(const Sum& sum,
             std::vector<EncodedHandle> came,
             std::function<void(EncodedHandle)> done);
    /// Joins the means of all chunks, one behind the other, and ends the operation.
    /// @param means  [chunks]; where one is empty, the node's own values stay
    void join(std::vector<EncodedHandle> means);

  private:
    [[nodiscard]] std::optional<MessageSize> size_of(std::size_t values) const;
    void finish(ModelHandle mean);

    Input input_;
    bool has_result_ = false;  ///< of another member
    std::shared_ptr<const WholeModelEncoder> encoder_;
};

[[nodiscard]] std::unique_ptr<CollectiveOperation> make_all_reduce(Collectives& owner,
                                                                   const Collective& collective,
                                                                   AllReduce::Input input);
[[nodiscard]] std::unique_ptr<CollectiveOperation> make_all_gather(
    Collectives& owner,
    const Collective& collective,
    EncodedHandle content,
    std::function<void(Collectives::Gathered)> done);

}  // namespace murmur
