/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "transport-helper.h"

#include "ns3/abort.h"
#include "ns3/ideal-message-transport.h"

namespace ns3
{
namespace murmuration
{

namespace
{

Ptr<MessageTransport>
CreateIdeal(Ptr<Underlay> underlay)
{
    auto transport = CreateObject<IdealMessageTransport>();
    transport->SetUnderlay(underlay);
    return transport;
}

/** A name, and how to make what it stands for. */
struct Fidelity
{
    const char* name;                               //!< As the user writes it
    Ptr<MessageTransport> (*create)(Ptr<Underlay>); //!< Makes the transport
};

/** Every fidelity there is: a further one is a further line. */
constexpr Fidelity FIDELITIES[] = {
    {"ideal", CreateIdeal},
};

} // namespace

Ptr<MessageTransport>
TransportHelper::Create(const std::string& fidelity, Ptr<Underlay> underlay)
{
    std::string allowed;
    for (const auto& [name, create] : FIDELITIES)
    {
        if (fidelity == name)
        {
            return create(underlay);
        }
        allowed += (allowed.empty() ? "" : ", ") + std::string(name);
    }
    NS_ABORT_MSG("TransportHelper::Create: unknown fidelity, got \"" << fidelity << "\", allowed "
                                                                     << allowed);
}

const std::vector<std::string>&
TransportHelper::GetFidelities()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& fidelity : FIDELITIES)
        {
            all.emplace_back(fidelity.name);
        }
        return all;
    }();
    return names;
}

} // namespace murmuration
} // namespace ns3
