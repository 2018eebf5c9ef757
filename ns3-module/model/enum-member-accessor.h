/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_ENUM_MEMBER_ACCESSOR_H
#define MURMURATION_ENUM_MEMBER_ACCESSOR_H

#include "ns3/attribute-accessor-helper.h"
#include "ns3/enum.h"

#include <utility>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Makes the accessor of a member that is an enumeration, for every version of ns-3.
 *
 * EnumValue is a class until ns-3.40 and a template of the enumeration since, and so is
 * MakeEnumAccessor; what EnumValue makes of a value is named alike in both.
 *
 * @param member the member
 * @return its accessor
 */
template <typename Class, typename Enum>
Ptr<const AttributeAccessor>
MakeEnumMemberAccessor(Enum Class::* member)
{
    return MakeAccessorHelper<decltype(EnumValue(std::declval<Enum>()))>(member);
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_ENUM_MEMBER_ACCESSOR_H */
