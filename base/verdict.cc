#include "base/verdict.h"

#include "base/check.h"

namespace weir {

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kWarn:
      return "warn";
    case Verdict::kInconclusive:
      return "inconclusive";
    case Verdict::kFail:
      return "fail";
  }
  WEIR_CHECK(false);
}

}  // namespace weir
