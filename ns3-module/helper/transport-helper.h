/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_TRANSPORT_HELPER_H
#define MURMURATION_TRANSPORT_HELPER_H

#include "ns3/message-transport.h"
#include "ns3/underlay.h"

#include <string>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @brief Makes the message transport of a named fidelity over an underlay.
 *
 * Attributes of the transport can be set afterwards, before the first Send().
 */
class TransportHelper
{
  public:
    /**
     * @brief Make a transport; with a packet-level fidelity, also the nodes, devices and channels
     * that the underlay describes. Aborts if the fidelity is none of GetFidelities().
     * @param fidelity its name
     * @param underlay what the messages travel over
     * @return the transport
     */
    static Ptr<MessageTransport> Create(const std::string& fidelity, Ptr<Underlay> underlay);

    /** @return the names that Create() knows */
    static const std::vector<std::string>& GetFidelities();
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TRANSPORT_HELPER_H */
