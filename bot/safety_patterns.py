"""What people say when somebody is in danger, as patterns over plain spelling (see `bot.safety`).

They look for words a person in danger uses, in the first or third person, and never describe how harm is done.
Plain spelling: small letters, no apostrophes ("cant"), "im", "ive", sentences parted by " . ".
"""

# ruff: noqa: E501 - a pattern is easier to check in one line than broken over many.

# Up to so many words may stand in between, within one sentence.
_GAP2 = r"(?: [^\s.]+){0,2}"
_GAP4 = r"(?: [^\s.]+){0,4}"
_GAP6 = r"(?: [^\s.]+){0,6}"

_SELF = r"(?:myself|himself|herself|themsel(?:f|ves)|ourselves|yourself|my self)"
_LIFE = r"(?:my|his|her|their|our|this) (?:own )?li(?:fe|ves)"
_RELATIVE = (
    r"(?:husband|wife|partner|boyfriend|girlfriend|ex|fiance|fiancee|dad|father|stepdad|mum|mother|brother|uncle|"
    r"in laws|mother in law|father in law|family|son|sister|cousin|grandson|bloke|man|lad|flatmate|housemate|carer|"
    r"parents|daughter|landlord|spouse|the kids dad|babys dad)"
)
_HE = rf"(?:he|she|they|hes|shes|theyre|(?:my|her|his|their|the|our|a|an) (?:\w+ )?{_RELATIVE}s?)"
_ME = r"(?:me|us|her|him|them|my (?:mum|mother|sister|friend|nan|daughter|dad|brother|wife|girlfriend|mate)|myself and)"
_CHILD = (
    r"(?:child|childs|kid|kids|children|childrens|baby|babies|babys|toddler|son|sons|daughter|daughters|little (?:one|ones|boy|girl)|"
    r"nephew|niece|grandson|granddaughter|grandkids|grandchild|stepson|stepdaughter|bab|boy|girl|boys|girls|newborn|teenager|"
    r"year old|yr old|yo)"
)
_WHOSE_CHILD = rf"(?:my|her|his|their|the|our|a|that|this|those|them|both|next doors?|neighbours?|little) (?:\w+ ){{0,3}}{_CHILD}"
_HIT = (
    r"(?:hits|hit|hitting|beats|beat|beating|beaten|punch(?:es|ed|ing)?|slap(?:s|ped|ping)?|kick(?:s|ed|ing)?|"
    r"strangl(?:es|ed|ing)|chok(?:es|ed|ing)|batter(?:s|ed|ing)?|smack(?:s|ed|ing)?|attack(?:s|ed|ing)?|"
    r"assault(?:s|ed|ing)?|abus(?:es|ed|ing)|rap(?:es|ed|ing)|bit(?:es)?|burn(?:s|ed|t|ing)|hurts|hurting|"
    r"headbutt(?:s|ed)?|pushed|pushes|shoves|shoved|grabs|grabbed|throttl(?:es|ed|ing)|lays? into|knocks?|knocking|"
    r"spat (?:at|on)|spits (?:at|on))"
)

# Everyday sayings, taken out before anything else is looked for.
IDIOMS: tuple[str, ...] = (
    r"\b(?:is|are|was|its|be|been|been|r) (?:\w+ )?killing (?:me|us|my|him|her)\b",
    (
        r"\b(?:bills?|prices?|costs?|rent|debts?|back|knees?|feet|stress|heat|cold|weather|tooth|teeth|hip|wait\w*|job|shoes) "
        r"(?:\w+ )?(?:kill(?:s|ing)?|killed) (?:me|us|my)\b"
    ),
    r"\bdying (?:for|to (?:see|meet|get|try|know|go|have|eat|be|start|hear|find)|of (?:hunger|boredom|embarrassment|heat|thirst|cold))\b",
    r"\bto die for\b",
    r"\b(?:could|would|might|id|can) (?:just )?(?:murder|kill) (?:a|an|some|for)\b",
    r"\bkill (?:time|the (?:time|mood|vibe|battery|lights?|power|motor|engine)|two birds|for a|the germs|mou?ld|weeds|bedbugs|rats)\b",
    (
        r"\b(?:wife|husband|mum|dad|boss|landlord|partner|she|he|missus|they|teacher|you|nan) (?:will|ll|is going to|are going to|would|will just|gunna) "
        r"kill me (?:if|when|for|over|because)\b"
    ),
    (
        r"\b(?:phone|mobile|laptop|tablet|battery|batteries|car|van|boiler|telly|tv|fridge|freezer|washer|meter|router|wifi|"
        r"internet|signal|oven|cooker|charger|sim|engine|heater|machine|line|plant|plants|microwave|kettle|computer|ipad|"
        r"bulb|app|site|website|shower|heating|link|number|bus|light|lights|smart meter) (?:(?:is|has|s|have|keeps|just|about to|about|went|gone|are|nearly|"
        r"completely|going|on me|to|about|im|been|was|still) ){0,4}(?:dead|died|die|dying|dies|killed|knackered|on fire)\b"
    ),
    (
        r"\b(?:flogging a )?dead (?:phone|battery|end|line|slow|good|easy|nice|cheap|cold|hungry|tired|on|sure|serious|link|quiet|boring|broke|skint|"
        r"laptop|meter|horse|expensive|worried|busy|poor|happy|helpful|heat|wifi|sim|boiler|mouse|rats?|pigeons?|person|stressed|mans|of night)\b"
    ),
    (
        r"\b(?:bored|worried|scared|frightened|frozen|freezing|starving|starved|worked|working|sick|froze|catch my|catching my|freeze|frit) "
        r"(?:\w+ )?(?:to|half to|) ?death(?: of cold)?\b"
    ),
    (
        r"\b(?:nearly|almost|about|gave me|give me|given me|giving me|had|having|have|near|near enough|thought id have|nearly gave \w+|practically) "
        r"(?:a |an )?(?:bloody |mini |little |near )?heart attack (?:when|at|from|over|because|opening|seeing|looking|with)\b"
    ),
    r"\bgave me (?:a |an )?(?:bloody |mini )?heart attack\b",
    r"\bheart attack (?:when|seeing|opening|looking) ?(?:i |at )?",
    r"\b(?:shot|shoot) (?:me|us|you|over|them|him|her|off) (?:a|an|your|the|to|over|an email|some)\b",
    r"\bshot (?:in the dark|at (?:it|the|getting|a))\b",
    r"\b(?:a|good|best|flu|covid|give it a|one|booster|mug|long) shot\b",
    r"\bknife and fork\b|\bgo under the knife\b|\bstab in the dark\b|\bback ?stabb\w+\b",
    r"\b(?:fit|fits) (?:in|the|for|a|my|our|it|that|new|into|all|to work|perfectly|on|me)\b",
    (
        r"\b(?:bleeding|bleed|bled) (?:\w+ )?(?:dry|radiators?|a radiator|the (?:radiators?|system|heating)|hell|heck|obvious|love|edge|money|cheek|council|landlord|"
        r"boiler|heating|meter|cold|freezing|useless|joke|awful|kids|bills?|house|gas|energy|electric|cat|dog)\b"
    ),
    r"\b(?:stroke of|strokes? (?:a|the|my)|at the stroke|different strokes|back ?stroke|breast ?stroke)\b",
    (
        r"\b(?:roof|ceiling|shed|bed|sofa|wall|floor|business|company|fence|table|chair|shelf|wardrobe|deal|cot|scheme|charity|tent|pram|pushchair)"
        r"(?: (?:has|have|just|is|s|nearly|had|in|half|about to|almost|went and)){0,3} (?:collapsed|collapsing|collapse)\b"
    ),
    r"\b(?:roof|ceiling|shed|bed|wall|floor) (?:that |which )?collapsed\b",
    r"\bsmoke alarm battery\b",
    r"\b(?:suicide|domestic violence|domestic abuse|self harm) (?:prevention|awareness|training|course|volunteer|volunteering|charity|worker job|leaflets?|poster|research)\b",
    r"\b(?:volunteer|work|working|job|leaflets?|raising money|fundrais\w+|donate)\b[^.]{0,40}\b(?:domestic (?:violence|abuse)|suicide|womens? refuge)\b",
    (
        r"\b(?:beat|beats|beating|kick|kicks|kicking|hit|hits|hitting) (?:the (?:system|queue|queues|bus|target|shops?|traffic|rush|price|road|button|cold|weather|odds|habit|bucket)|"
        r"a (?:wall|brick wall|ball)|rock bottom|cancer|covid|up a fuss|off|out of)\b"
    ),
    (
        r"\b(?:bills?|prices?|rent|costs?|cost of living|crisis|universal credit|inflation|tax|winter|sanction|sanctions|cuts?|reality|it|this|bedroom tax|rise|rises|cap) "
        r"(?:\w+ ){0,3}(?:hit|hits|hitting|hammered|crippling|choking|strangling|battering|battered|smacked|slapped|attacking|beating) (?:me|us|them|him|her|my|our|people|everyone)\b"
    ),
    r"\b(?:fell|fallen|falling) off (?:a|the|my|his|her) (?:bike|chair|shelf|wall|door|bed)\b",
    r"\bunder attack\b|\bpanic attacks?\b|\bdrop dead\b|\bdead beat\b|\bover my dead body\b|\bdeath (?:certificate|grant|duty|tax|in the family)\b",
    r"\bgas (?:bills?|meter|cooker|card|key|top up|supplier|company|man|engineer|account|hob|oven|fire|boiler|bottle|canister|safety|and electric|and leccy|mark|prices?|money|credit|tariff|supply|debt)\b",
)

# Certain: the urgent card comes first.
SURE: dict[str, tuple[str, ...]] = {
    "suicide_self_harm": (
        rf"\b(?:kill|killing|killed|hang|hanging|hung|harm|harming|drown|starve|top|topping|topped|shoot|poison|off|offing|burning|burn|end) {_SELF}\b",
        rf"\b(?:hurt|hurting|hurts|cut|cuts|cutting|slash\w*|do|did) {_SELF}(?: in| an injury| harm| again| because| to (?:feel|cope)|$| (?:\.|and|when|at night|every|so|most|or|but|if|tonight|all))",
        rf"\b(?:want|wants|wanted|going|trying|tried|feel like|thinking (?:of|about)|thoughts (?:of|about)|urge|plan\w*|might|about|threatening|threatened|threatens|keep|keeps|will|gonna|afraid ill|scared ill|ill|says? (?:hell|shell)|been) (?:to )?(?:hurt|hurting|cut|cutting) {_SELF}",
        rf"\b(?:end|ending|ended|take|taking|took|taken) {_LIFE}\b(?! savings| apart| seriously| in to| into| back)",
        r"\b(?:end|ending|ended) it all\b|\bend it (?:tonight|today|now|soon|tomorrow)\b|\b(?:want|going|ready|trying|decided|thinking of|thinking about|how) (?:to )?end(?:ing)? (?:it|things|everything)(?: \.|$| all| for good| forever| now)",
        r"\bsuicid(?:e|al|ally)\b",
        r"\b(?:self|selfs) ?harm(?:s|ed|ing)?\b|\bharm(?:s|ing)? (?:himself|herself|myself)\b",
        r"\b(?:want|wants|wanted|wanting|wish|wishing|ready|rather|prefer|like|hoping|hope|pray|praying|going|time|deserve|deserves|need) (?:i |to |just |it |for |me |really )*(?:die|be dead|was dead|were dead|is dead)\b",
        rf"\b(?:just|really|honestly|id rather|i|id|please|let me|please just let me)(?: want to| wanna| rather)? (?:die|be dead)\b(?! of| for){_GAP2}(?: \.| $)",
        r"\b(?:wish|wished) (?:i|id|i had|i was|he|she|theyd) (?:had |was |were |had been |would )?(?:never (?:been )?born|dead|not here|not alive|never woke|never wake|wouldnt wake|didnt wake|werent here|wasnt here|wasnt alive|didnt exist|could disappear forever)",
        r"\b(?:better off|best off|easier|happier|fine|easier for everyone|easier for everybody) (?:if (?:i|he|she|im) (?:was|were|wasnt|werent|is|isnt|) ?)?(?:dead|without me|if i wasnt here|if i was gone|if i werent here|not here|if i disappeared|gone)\b",
        r"\b(?:everyone|everybody|they|kids|family|youd|theyd|all|nobody|no one|noone|world)(?: \w+){0,5} (?:better|happier|miss|care|notice)(?: \w+){0,3} (?:without me|if i (?:was|were|wasnt|werent|died|disappeared|went|had gone|wasnt here|just went)|when im gone|if im gone)\b",
        r"\b(?:dont|do not|didnt|doesnt|no longer|cant face|not|never) (?:want|wanting|wanna|wish|wants|see myself|think i can)(?: to| me)?(?: be| carry on| keep| keep on| go on| still)?(?: \w+)? ?(?:alive|here anymore|living|live anymore|live|wake up|exist|existing|on this earth|in this world|be here)\b(?! (?:in|with|at|near|on my|next|anymore in|alone|like this in|there))",
        r"\b(?:dont|do not|didnt|doesnt) (?:want|wanna|wants|wanting) to (?:be here|live|be alive|wake up|exist)(?: anymore)?(?: \.| $| and| because| but| with(?:out)? )",
        r"\b(?:no|any|not much|see no|got no|find a|havent a|not a|dont have a|havent got a) (?:reason|reasons|point|will) (?:to|in|of|for|left to) (?:live|living|life|be alive|being alive|being here|stay alive|carry on living|existing|go on living|going on|wake up|waking up)\b",
        r"\b(?:nothing|nowt|not much|no one) (?:left )?to live for\b|\blife (?:isnt|is not|aint|no longer|not) worth (?:living|it|anything)\b|\bnot worth living\b|\btired of (?:living|being alive|life|existing)\b|\bdone with (?:life|living)\b|\bhad enough of (?:life|living|being alive)\b|\bgive up on (?:life|living)\b|\bgiven up on (?:life|living)\b|\bsick of (?:being alive|living\b(?! (?:in|with|at|on|like|off|here|next)))",
        r"\b(?:took|taken|taking|swallowed|had|take) (?:an |a |all |loads of |too many |a load of |a lot of |whole |the whole |bunch of |lots of |his |her |my |a bunch of |a packet of )+(?:overdose|tablets?|pills?|paracetamol|meds|medication|od|packet|sleeping tablets|sleeping pills)\b(?! (?:from|for|at|a day|every|each|daily|as|to))",
        r"\boverdos(?:e|ed|ing)\b",
        r"\b(?:jump|jumping|throw|throwing|thrown|chuck|chucking|step|walk|stood|standing|sat|sitting|gone|going) (?:myself |himself |herself |out )?(?:off|in front of|under|on the edge of|onto|on) (?:a |the |of )*(?:\w+ )?(?:bridge|train|trains|bus|motorway|balcony|roof|tower block|flats|multi storey|edge|car park roof|railway|tracks|train tracks|ledge|traffic|viaduct)\b(?= (?:and|to (?:end|die|jump)|because|\.|thinking|i want|i cant|tonight|now|so|crying|wanting|$)| $)",
        r"\bjump(?:ing)? (?:off|in front of|under) (?:a|the) ",
        r"\b(?:do|done|doing|did) (?:something|anything) (?:stupid|daft|silly|bad) to (?:myself|himself|herself)\b|\b(?:might|will|gonna|going to|afraid|scared|worried|ill|hell|shell|id|could)(?: \w+){0,3} (?:do|does|done) something (?:stupid|daft|silly)\b",
        rf"\bdo(?:ing|ne)? {_SELF} in\b|\bdone (?:myself|himself|herself) in\b",
        r"\b(?:wont|not going to|not gonna|wouldnt|might not|may not|dont want to|dont think ill|not) (?:be )?(?:here|alive|around) (?:anymore|tomorrow|much longer|next week|by morning|in the morning|for christmas|long|to see|by)\b(?! the (?:delivery|engineer|parcel))",
        r"\b(?:goodbye|good bye|bye) (?:to )?(?:everyone|everybody|world|cruel world|all)\b|\b(?:wrote|written|writing|write|left|leaving|found) (?:\w+ )?(?:a |my |his |her )?(?:goodbye|suicide) (?:note|letter|letters|notes)\b|\bsay(?:ing|s)? (?:my |his |her |final )+goodbyes\b",
        r"\b(?:go|going|fall|falling) (?:to )?(?:sleep|asleep|bed) and (?:never|not) (?:to )?wake(?: up)?\b|\bnever (?:want to )?wak(?:e|ing) up(?: again)?\b|\b(?:dont|not) (?:want to |wanna )?wake up(?: again| tomorrow| in the morning| anymore)\b|\bhop(?:e|ing) (?:i|that i) (?:dont|never|wont) wake\b",
        r"\b(?:wants|wanting|want) to be with (?:my|his|her) (?:late|dead)\b|\bjoin (?:my|him|her|them) (?:\w+ )?(?:in heaven|on the other side)\b",
        r"\b(?:way|only way|easier|easiest way|thinking of a way|ways|quickest way) (?:out )?(?:is|to|of) (?:die|death|dying|be dead|end myself|end it)\b|\bways? to die\b",
        r"\bthoughts (?:of|about) (?:death|dying|ending|not being here|killing|suicide)\b|\b(?:think|thinking|thought) (?:a lot |constantly )?(?:about|of) (?:dying|death all|ending (?:it|my|things|everything)|killing|not being here|my own death)\b",
    ),
    "domestic_abuse": (
        r"\bdomestic (?:abuse|violence|violance)\b|\babusive (?:\w+ )?(?:relationship|partner|husband|wife|ex|home|marriage|boyfriend|girlfriend|household|family|dad|father|man|son|parents)\b|\bcoercive\b|\bcontrolling (?:relationship|partner|husband|ex|boyfriend|wife|girlfriend|and)\b",
        rf"\b{_HE}{_GAP2} {_HIT} {_ME}\b(?! (?:up with|off|out of (?:the|my) (?:house|flat|home)))",
        rf"\b(?:being|been|was|getting|gets|got|get|keep getting) (?:\w+ )?(?:hit|beat|beaten|beaten up|battered|punched|abused|strangled|slapped|raped|attacked|assaulted|hurt|knocked about|smacked|controlled|stalked) (?:up )?(?:again )?(?:by|off|at home|from) (?:my|her|his|the|a|their)? ?(?:\w+ )?{_RELATIVE}",
        rf"\b{_HE} (?:\w+ )?(?:is |are |was |gets |got |can be |has been |been |being |turned |becomes? |going |so |very |always |really |getting |quite |s )*(?:violent|abusive|physically|aggressive (?:with|to|towards) {_ME}|hitting|beating|abusing|handy with his fists)\b(?! (?:neighbour|area|street|disabled|ill|unwell|unable|demonstrat|active|fit))",
        rf"\b{_HE} (?:\w+ )?(?:will|ll|going to|gonna|said (?:he|she|they|hell|shell|theyll|hed)|says (?:hell|shell|he|she|theyll)|threaten(?:s|ed|ing)?|wants|tried|trying|tries|swore|vowed)(?: \w+){{0,3}} (?:kill|hurt|stab|burn|strangle|shoot|harm|batter|hit|find|do for|murder|smash|finish|destroy) {_ME}\b",
        r"\b(?:hell|shell|theyll) (?:kill|hurt|hit|batter|beat|find|stab|murder) (?:me|us|her|him|them)\b(?! a (?:parcel|place))",
        rf"\b(?:scared|afraid|frightened|terrified|fear|petrified|frit|scares|terrifies|fearful) (?:of )?(?:what )?(?:him|her\b(?! (?:losing|school|health|going))|he|she|(?:my|me) (?:\w+ )?{_RELATIVE}|my own {_RELATIVE})(?! (?:will (?:get|be (?:ill|cold|hungry|evicted|homeless)|lose|have)|losing|might lose|getting|gets cold|going hungry|being))",
        rf"\b(?:scared|afraid|frightened|terrified|too scared) (?:to (?:go (?:back )?home|be (?:at home|in my own home)|leave him|leave her|leave my|tell him|go back to (?:him|her|my))|in my own (?:home|house))\b|\b(?:dont|do not|not|doesnt|never) (?:feel |be )?safe (?:at home|in my (?:own )?(?:home|house)|with (?:him|her|my {_RELATIVE})|around (?:him|her|my {_RELATIVE})|living with (?:him|her|my))|\bunsafe (?:at home|with (?:him|her|my)|around (?:him|her|my))",
        rf"\b(?:flee|fleeing|fled|escape|escaped|escaping|run away|ran away|running away|get away|got away|getting away|hiding|hide|leave|left|leaving|move away) (?:from )?(?:my |an |a |the |her |his |him|because of )(?:\w+ )?(?:abusive|abuser|violent|violence|abuse|dv|{_RELATIVE} (?:because |cos )?(?:he|she|they)? ?(?:is |was |s |hits|hit|beats|beat|hes|shes|been ){{0,2}}(?:abusive|violent|hitting|hits|hit|beating|beats|beat|me)|him because hes)",
        r"\b(?:need|needs|want|find|into|in|get|space|place|go to|from|stay at|leaving) (?:a |an |the |to |us |me )*(?:womens? )?refuge\b|\bwomens? (?:refuge|aid|shelter)\b|\bsafe ?house\b|\bsafe place (?:from|away from|because) (?:him|her|my|he)\b",
        rf"\b{_HE} (?:\w+ )?(?:wont|doesnt|dont|never|not|refuses to|isnt|stopped) (?:\w+ )?(?:let|letting|lets|allow|allows|allowing) {_ME} (?:to )?(?:leave|go out|out|see|have (?:any )?(?:money|a phone|friends|access|my (?:own )?(?:money|phone|bank))|use (?:the|my) phone|work|go (?:anywhere|to)|talk|speak|eat|spend|near|contact)",
        rf"\b{_HE} (?:\w+ )?(?:locks|locked|locking|keeps|kept|traps|trapped) (?:me|us|her|him) (?:in|inside|up|indoors|prisoner|out at night|in the)\b",
        rf"\b{_HE} (?:\w+ )?(?:control|controls|controlling|controlled|took|takes|taking|keeps|holds|has|check|checks|tracks|tracking|monitors|watches|hid|hides) (?:all |of all |every |everything |me |us |over |over me |on |control of )*(?:my|our|the|i|me|her|what i|where i|everything i) ?(?:\w+ )?(?:money|wages|benefits|bank|bank card|cards?|phone|messages|passport|food|every move|movements|keys|spend|do|go|wear|eat|see|talk)\b",
        r"\bforced (?:marriage|to marry|into marriage|into (?:a |an )?marriage|to have sex|me into|me to have)\b|\bmarry me off\b|\bhono[u]?r (?:based|killing|violence|abuse)\b|\bmake me marry\b|\bforcing (?:me|her) to marry\b",
        rf"\b{_HE}(?: \w+){{0,3}} (?:stalking|stalks|following|follows|harassing|harasses|hunting) (?:me|us|her)\b|\bbroke(?:n)? (?:the|his|her|a) (?:non mol\w*|restraining order|injunction)\b|\b(?:non molestation|restraining) order\b",
        rf"\b(?:black eye|bruises|bruised|broken (?:nose|jaw|ribs|arm)|strangle marks|marks on (?:her|my|his)) (?:from|off|by|because|again) (?:\w+ )?(?:my|her|his|him|he|she|{_RELATIVE})\b|\b{_HE} (?:\w+ )?(?:gave|given|giving|gives|left|broke|busted) (?:me|her|my|him|us) (?:with )?(?:a |another |two )?(?:\w+ )?(?:black eye|bruises?|nose|arm|jaw|ribs|cut lip|lip)\b",
        rf"\b{_HE}(?: \w+){{0,2}} (?:raped|rapes|forces himself|forced himself|forces me|forced me|forces her|made me have sex|makes me have sex|holds? a knife|held a knife|pulled a knife|put his hands (?:on|round|around)|hands round|hands around|dragged me|drags me|threw me|throws me|throws things|threw (?:a|the|things|stuff|plates?)|smashes|smashed (?:up )?(?:the|my|our)(?: \w+)?|kicks off and)\b(?: (?:at|down|against|round|me|my|her|up|the|to)|[^.]*)",
        rf"\bmy {_RELATIVE}(?: \w+){{0,4}} (?:knocked|knocking|knocks) (?:me|us|the kids) (?:about|around|out|down)\b|\bknock(?:s|ed|ing) (?:me|her|him) about\b",
    ),
    "violence": (
        r"\b(?:ive|im|i|he|she|hes|shes|my \w+|we|were|was|weve|got|just|being|been) (?:just |been |was |got |getting |being |have been |has been |is being |are being |is |are )*(?:stabbed|mugged|shot\b(?! (?:off|of|to pieces))|robbed at|attacked|assaulted|raped|beaten up|jumped|glassed|kidnapped|trafficked|held (?:hostage|against|captive|prisoner)|sexually assaulted|bottled|macheted)\b(?! (?:by (?:debt|bills|the (?:council|system|dwp))|dog))",
        r"\b(?:someone|people|men|man|bloke|lad|lads|gang|neighbours?|dealers?|drug dealer|loan shark|loan sharks|landlord|he|she|they|theyre|hes|shes|guy|guys|ex|group|kids|youths|stranger|tenant|flatmate|housemate)(?: [^\s.]+){0,5} (?:with|got|has|have|holding|pulled|carrying|waving|had|using|pulling) (?:a |an |the |his |out a |out )*(?:knife|knives|gun|machete|weapon|bat|baseball bat|hammer|axe|blade|crowbar|sword|acid)\b(?! (?:block|sharpener))",
        r"\b(?:going to|gonna|threaten\w*(?: to| he| shell| theyll| hell)?|want to|wants to|said (?:theyll|hell|they will|he will|they would|they|hed|theyd)|says (?:theyll|hell|hed|theyd)|will|theyll|tried to|trying to|coming to|come to|came to) (?:\w+ )?(?:kill|hurt|stab|shoot|beat|batter|burn|break (?:my|our|his|her) (?:legs?|arms?|knees?|jaw|windows)|burn (?:my|our|the|down|me|us)|petrol bomb|firebomb|smash (?:my|our) (?:face|head|door|windows)|jump|slash|torch|harm|do) (?:me|us|him|her|them|my|our|up|the|down|someone|over|in)\b(?! (?:feelings|chances|credit|card|head in|again next|a favour|good|any good|no good))",
        r"\b(?:kicking|kicked|kick|smashing|smashed|banging|breaking|broken|broke|booting|booted|battering|trying to (?:get|break|kick)|forcing|forced) (?:\w+ )?(?:my|our|the|her|his|in my|down my|through my) (?:front |back )?(?:door|doors|windows?)(?: in| down| through)?\b(?= (?:in|down|through|now|right now|again|and|shouting|with|to|because|looking|wanting|threatening|at|trying|\.)| $)(?! (?:to fix|wont (?:shut|close|lock)|lets in|and its (?:cold|freezing)|and the council|and landlord|and i need it|and its draughty))",
        r"\b(?:someone|people|they|theyre|man|men|hes|he|somebody|lads)(?: [^\s.]+){0,3} (?:trying to (?:get|break) in|breaking in|broken in|outside my (?:door|house|flat) (?:and|with|shouting|threatening|wont))\b(?! to the)",
        r"\b(?:someone|people|men|man|lads|gang|neighbours?|dealers?|drug dealers?|loan sharks?|money lender|moneylender|lender|flatmate|housemate|tenant|guy|bloke|youths|they|hes|theyre|he|she|shes|im|been|being|getting|get|got)(?: [^\s.]+){0,4} (?:threatening|threatened|threatens|threats? (?:to|against)|attacking|attacked|following|chasing|chased) (?:me|us|him|her|my (?:family|kids|children|life|son|daughter|mum)|on my life|to (?:kill|hurt|stab|burn|shoot|beat|break|harm|smash|batter|come round|jump))\b(?! with (?:eviction|court|bailiffs?|a |legal|disconnection|the|an? sanction|letters?|action|fines?|prison|sanctions?|cutting)| (?:and said ill lose|to court|up for|over the (?:rent|bill)|by letter|about (?:rent|eviction|the bill|arrears)))",
        r"\bloan sharks?\b[^.]*\b(?:threat\w*|hurt|kill|beat|knife|coming round|scared|smash\w*|break|violent|kids|after (?:me|us|him|her)|windows?|legs?)\b|\b(?:threat\w*|scared|hurt|beat\w*|violent)\b[^.]*\bloan sharks?\b",
        r"\b(?:forced to work|modern slavery|slave|slaves|trafficked|made to work for (?:nothing|no|free)|took (?:my|our|her|his) passports? (?:and|so)|took (?:my|our|her|his) passport|keep(?:s|ing)? (?:my|our|her|his) passport|cuckoo(?:ed|ing)?|taken over (?:my|his|her) flat)\b",
        r"\b(?:house|flat|home|kitchen|building|room|bedroom|car|cooker|door|place|next door|bin|block|hallway) (?:\w+ )?(?:is |are |s |has been |was |just been |been |being |caught |just |now |next door |gone )*(?:on fire|caught fire|set on fire|set fire|burning down|alight|petrol bombed|firebombed)\b|\btheres (?:a |been a )?(?:fire|house fire|smoke) (?:in|at|next door|coming|everywhere)\b|\bset (?:fire to|alight|light to) (?:my|our|the|me)\b",
        r"\b(?:racist|racists|racially|homophobic|transphobic|hate crime)\b[^.]*\b(?:attack\w*|hit|beat\w*|punched|threat\w*|smash\w*|kill|spat|bricks?|windows?)\b",
        r"\b(?:raped|rape|sexually (?:assaulted|abused|attacked)|sexual assault|gang raped)\b",
        r"\b(?:fear|fearing|scared|afraid|worried|frightened) for (?:my|our|her|his|their) (?:life|lives|safety)\b|\b(?:my|our|her|his) life is (?:in danger|at risk)\b|\bin danger (?:right )?now\b|\bim in danger\b|\b(?:contract|price) on my head\b",
    ),
    "child_safety": (
        rf"\b{_HE}(?: \w+){{0,3}} {_HIT} (?:the|my|her|his|our|their|a|that) (?:\w+ )?{_CHILD}\b",
        rf"\b(?:hits|hitting|hit|hurt|hurts|hurting|beats|beating|slapping|slaps|slapped|shook|shaken|shakes|shaking|smack\w*|harm\w*|abus\w+|molest\w*|touch(?:es|ed|ing)?|groom\w*|raped?|starv\w+|neglect\w*|burn\w*|kick\w*|punch\w*|battering|batters|locks|locked|threw|throws|hurt) {_WHOSE_CHILD}\b(?! (?:hard|appetite|feelings|base|school|club|benefit|heart|education|badly because school|chances|the most))",
        rf"{_CHILD}{_GAP4} (?:is |are |was |were |been |being |gets |getting |get |got |has |have |s |keeps |that |who )+(?:\w+ )?(?:hit|beaten|beat|abused|hurt|neglected|molested|groomed|touched|raped|starved|locked|left alone|left on (?:his|her|their) own|home alone|unsafe|in danger|not safe|battered|smacked|assaulted|kidnapped|taken by|shaken|exploited|burned|slapped|strangled|kicked)\b(?! (?:hard by|by (?:the )?(?:bills|cuts|cost|benefit|cap|school closure)))",
        rf"{_CHILD}{_GAP4} (?:(?:is|are|has|have|s|gone|been|went) )+missing\b(?! (?:school|out|meals|clothes|shoes|teeth|uniform|lessons|breakfast|dinner|a |his|her|their))|{_CHILD}{_GAP4} (?:hasnt|havent|not|didnt|never) (?:come|came|been|come back|returned) home\b|{_CHILD}{_GAP2} (?:has |have )?(?:ran away|run away|ran off|disappeared|gone missing|vanished)\b|\bcant find my (?:\w+ )?(?:child|kid|kids|son|daughter|baby|boy|girl)\b",
        rf"\b(?:leaves?|leaving|left) (?:the|her|his|their|them|my|our|a|those) (?:\w+ ){{0,3}}{_CHILD}(?: \w+){{0,3}} (?:alone|on their own|on (?:his|her) own|by themselves|by (?:himself|herself)|unattended|outside all|home alone|with no food)\b",
        rf"\b(?:might|going to|gonna|scared ill|afraid ill|afraid of|scared of|about to|want to|could|worried ill|will|urge to|thoughts of|feel like|scared im going to|nearly)(?: \w+){{0,2}} (?:hurt|hurting|shake|shaking|harm|harming|hit|hitting|smother|drop|throw|kill|killing|suffocate|snap at and hit|lash out at) (?:my|the|her|our|his|their|this) (?:\w+ )?{_CHILD}\b",
        r"\b(?:im|i am|shes|hes|she is|he is|aged|age|only|being) (?:only )?(?:7|8|9|10|11|12|13|14|15|16|17|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)\b[^.]*(?: \. [^.]*)?\b(?:hits?|beats?|hurts?|touch(?:es|ed)|abus\w+|not safe|unsafe|scared of|kicked (?:me|him|her) out|thrown out|threw (?:me|him|her) out|run away|ran away|grooming|groomed|send (?:him|her|me)? ?(?:pictures|pics|nudes)|locked|afraid to go home|scared to go home|dont feel safe|makes me do)\b",
        r"\b(?:children|kids|child|baby|babies|toddler|little (?:boy|girl|ones?))\b[^.]*\b(?:bruise[sd]?|burns|cigarette burns|marks|black eyes?|cuts) (?:all over|on (?:his|her|their)|everywhere|and (?:says|said|wont))\b|\b(?:bruises|burns|marks) (?:all )?(?:over|on) (?:\w+ )?(?:the|her|his|their|my) (?:\w+ )?(?:child|kid|kids|children|baby|son|daughter|arms)\b",
        r"\b(?:child|children|kids?|baby) (?:abuse|neglect|abuser|protection emergency|exploitation|at risk)\b|\b(?:paedo|pedo|paedophile|pedophile|county lines|groomed|grooming (?:my|a|her|him|kids|girls|children)|fgm)\b|\b(?:adult|man|men|someone|stranger|bloke|he|old man|guy|teacher|uncle|stepdad|coach)(?: \w+){0,5} (?:touching|touched|touches|grooming|messaging|asking)(?: \w+){0,4} (?:kids|children|child|girl|girls|boy|boys|daughter|son|nudes|niece|nephew|me when no one)\b",
        r"\b(?:baby|newborn|toddler|bab|infant|(?:month|week|year) old)\b[^.]*\b(?:hasnt|havent|not|nothing|no|without)(?: \w+){0,4} (?:fed|milk|formula|eaten|feed|bottle|food|drink)(?: \w+){0,4} (?:since (?:yesterday|last night|this morning)|all day|for (?:a day|\d+ (?:days|hours)|two days|hours|days|ages)|in (?:two|\d+) days|today and (?:shes|hes|is) (?:crying|screaming|floppy))\b",
        rf"{_CHILD}{_GAP2} (?:hasnt|havent|not|had nothing|aint|has not|have not|had no)(?: (?:eaten|had|been fed|fed|anything|to eat|any|food|a|meal|proper|nothing|hardly|got|owt))+ (?:for|in|since) (?:two|three|2|3|4|to|a couple of|several|few|four|days|monday|tuesday|wednesday|thursday|friday|saturday|sunday|the weekend)\b",
    ),
    "medical": (
        r"\b(?:cant|cannot|cant hardly|hardly|struggling to|struggles to|struggle to|finding it hard to|hard to|barely|difficulty|trouble|problems?|unable to|not able to|couldnt|fighting to|stopped|not|isnt|having trouble|gasping to|labou?red|shallow|finding it difficult to)(?: \w+)? ?(?:breathe|breathing|catch (?:my|his|her|their) breathe)\b(?! (?:a word|easy|easier until|with (?:all )?(?:these |this |the )?(?:debt|debts|bills|stress|worry|money)|under|financially|because of (?:debt|bills|the bills)|room))",
        r"\b(?:chest (?:pains?|tightness|is tight|feels tight|hurts)|pains? in (?:my|his|her|their|the) (?:chest|left arm)|tight chest|crushing (?:pain|chest)|my chest (?:hurts|is killing|tight|is tight|feels))\b",
        r"\bheart attack\b|\bcardiac arrest\b|\b(?:having|had|has|have|having had|thinks? (?:he|she|im|hes|shes|ive)(?: is| having| had)?) (?:a |another |just had a )?(?:stroke|seizures?|fit\b|anaphyla\w*|mini stroke|asthma attack|brain bleed|hypo|miscarriage)\b|\bfitting and\b|\b(?:is|hes|shes|keeps|started|keep) (?:having |seizing|convulsing|fitting)\b(?! (?:a (?:good|hard|bad|laugh|tough|nice|break)|kids|to|problems|trouble|no|my|us|me|issues|the|new|in|it))",
        r"\b(?:face|mouth|eye) (?:\w+ )?(?:drooping|droopy|dropped|drooped|gone droopy|fallen on one side)\b|\b(?:slurring|slurred) (?:his|her|their|my)? ?(?:words|speech)\b|\bcant (?:move|feel) (?:his|her|my|their) (?:left|right|one) (?:arm|leg|side)\b|\bone side of (?:his|her|my|their) (?:face|body)\b",
        r"\b(?:unconscious|unresponsive|not responding|wont wake up|wont wake|cant wake|not waking|isnt waking|doesnt wake|cant be woken|passed out|knocked out|blacked out|isnt breathing|not breathing|stopped breathing|lifeless|gone (?:blue|limp|floppy)|going blue|turned blue|turning blue|blue lips|lips (?:are |have |gone |going |turning )*blue|floppy|foaming)\b(?! (?:leaflets|bias|from (?:work|college)|fancy|job|the (?:flyers|test)|my (?:test|exam)|disk|hat|on the sofa (?:drunk )?last (?:year|christmas)))",
        r"\b(?:he|she|i|ive|hes|shes|mum|dad|nan|grandad|husband|wife|partner|son|daughter|friend|neighbour|man|woman|lady|someone|mate|baby|kid|brother|sister|just|has|grandma|nana|gran|uncle|auntie|aunt|bloke|person|tenant|client) (?:has |just |s |have |has just |keeps |is |was |suddenly |ve |nearly |keep )*(?:collapsed|collapsing|collapses|fainted|fainting)\b",
        r"\b(?:bleeding|bleeds|bled|blood)\b(?: \w+){0,3} (?:heavily|badly|heavy|loads|everywhere|wont stop|a lot|alot|not stopping|non stop|pouring|gushing|out|all over|from (?:my|his|her|the|their|down)|and (?:pregnant|wont|cant|it)|in (?:my|his|her) (?:vomit|sick|poo|wee|urine)|lots|so much|while pregnant|through)\b|\b(?:coughing|vomiting|throwing|spitting|sicking|puking|being sick|passing|weeing|pooing)(?: up)? blood\b|\b(?:is|im|hes|shes|and|am|been|pregnant|keeps|started|wont stop|cant stop) bleeding\b|\bpregnant and (?:\w+ ){0,2}(?:bleeding|in (?:bad |awful |severe |a lot of )?pain|bleed)\b|\blost (?:a lot of|loads of|so much) blood\b",
        r"\boverdos(?:e|ed|ing)\b|\b(?:swallowed|drank|drunk|eaten|ate|swallowing) (?:some |a |the |all the |all |loads of |half a |my |his |her )*(?:bleach|batteries|battery|button battery|tablets|pills|poison|white spirit|antifreeze|cleaning|detergent|washing (?:pod|tablet|liquid)|dishwasher|medicine|petrol)\b|\bpoisoned\b",
        r"\b(?:choking|choked|chokes)\b(?= (?:on|and|\.|right|now|cant|to death|help)| $)(?! on (?:damp|mould|dust|the damp|the mould|these|the price|debt|fumes from the road|the smell|smoke from))",
        r"\b(?:anaphyla\w*|allergic reaction|epipen|epi pen|throat (?:is |s |has |are )*(?:closing|swelling|swollen up|closed up)|tongue (?:is |has |s )*(?:swelling|swollen|swelled)|meningitis|sepsis|septic|hypothermia|hypothermic|waters (?:have |has |just |ve )*(?:broke|broken|gone)|in labour|gone into labour|giving birth|contractions)\b",
        r"\b(?:no|run out of|ran out of|running out of|out of|without|havent got|cant afford|not got|hasnt got|lost (?:my|his|her)|nearly out of|last of (?:my|his|her)|need|needs|missed (?:my|his|her)|not taken (?:my|his|her)|cant get (?:my|his|her)?)(?: (?:my|his|her|any|more|the|their|a|some|enough))* (?:insulin|epipen|oxygen|heart (?:tablets|medication|meds|pills)|epilepsy (?:tablets|medication|meds)|seizure (?:meds|tablets)|nitro|gtn spray|adrenaline|warfarin|blood thinners|anti rejection|steroids)\b",
        r"\b(?:insulin|oxygen (?:machine|concentrator)|ventilator|dialysis(?: machine)?|nebuli[sz]er|feeding (?:pump|tube)|cpap|breathing machine|suction machine|medical equipment|stairlift and oxygen)\b[^.]*\b(?:no (?:electric\w*|leccy|power|gas|fridge)|off|fridge|run(?:s|ning)? out|about to go|leccy|electric\w*|meter|power|emergency credit|cut off|ran out)\b|\b(?:no (?:electric\w*|leccy|power|fridge)|leccy|electric\w*|meter|power|fridge)\b[^.]*\b(?:insulin|oxygen (?:machine|concentrator)|ventilator|dialysis|nebuli[sz]er|feeding pump|cpap|breathing machine|suction machine|medical equipment)\b",
        r"\b(?:diabetic|diabetes|type 1|type one|hypo)\b[^.]*\b(?:not eaten|havent eaten|hasnt eaten|shaking|shaky|no food|nothing to eat|passing out|faint\w*|confused|sweating|hypo|no insulin|out of insulin|going hypo|sugar (?:is |s |has )*(?:low|dropp\w+|high))\b|\b(?:not eaten|havent eaten|hasnt eaten|no food|nothing to eat|shaking|shaky|faint\w*)\b[^.]*\b(?:diabetic|type 1|type one)\b",
        r"\b(?:had|has|took|taken|having) (?:a )?(?:really |very |bad |nasty |horrible |serious )*(?:fall|fallen)\b[^.]*\b(?:cant (?:get up|move)|head|hip|wont|bleeding|on the floor|unconscious|not moving)\b|\bfallen (?:over |down )?(?:the stairs )?and (?:\w+ )?(?:cant (?:get up|move)|hit (?:his|her|my) head|is on the floor|bleeding|not moving)\b|\b(?:on the floor|lying there) and (?:\w+ )?(?:cant|wont|not|isnt) (?:get up|getting up|move|moving|waking|wake|respond)",
        r"\b(?:severe|extreme|agony|unbearable|excruciating|worst) (?:pain|pains|stomach|headache|head pain|burns?|bleeding|injury)\b|\bin agony\b|\b(?:badly|severely) (?:burned|burnt|injured|hurt|scalded)\b|\b(?:scalded|electrocuted|drowning|stabbed)\b|\bserious(?:ly)? (?:ill|injured|hurt|injury|accident)\b(?= (?:now|right now|and (?:needs|cant|i need an)|just|today|\.)| $)",
        r"\b(?:call|need|needs|ring|send|get) (?:me |us |him |her |for )?(?:an |a )?(?:ambulance|paramedics?)\b|\bambulance (?:please|now|quick|asap)\b",
        r"\b(?:rash|spots) (?:that |which |and )?(?:wont|doesnt|dont|not|isnt) (?:fade|fading|disappear|go away when|go when)\b|\b(?:baby|newborn|toddler|bab|(?:month|week) old)\b[^.]*\b(?:blue|not breathing|floppy|fit|fitting|burning up|wont wake|freezing cold to touch|limp|temperature of|very hot and|not feeding|unresponsive|lethargic|hypotherm\w+|stopped breathing|struggling to breathe|going blue|cold to (?:the )?touch|shaking with cold)\b",
    ),
    "gas_leak": (
        r"\b(?:smell|smells|smelling|smelt|smelled|stinks?|stinking|stank|reeks?|whiff|stench|pong|pongs|odou?r)(?: \w+){0,2} (?:of |like |strongly of )?(?:the )?gas\b(?! (?:bill|company))",
        r"\bgas(?: \w+){0,2} (?:smell|smells|stink|odour|odor|whiff|stench|fumes|pong)\b",
        r"\bgas(?:\b | is | s | has | might be | could be | keeps | pipe | pipes | meter | appliance | could | coming | boiler | cooker | hob ){1,3}(?:been )?(?:leak|leaks|leaking|leaked|escaping|hissing|leaky|coming out|escape)\b|\bleaking gas\b|\bleak(?:ing|s)? (?:of|from|in) (?:the |my |our )?gas\b|\bgas leak\b",
        r"\bhissing (?:noise|sound)\b|\b(?:hissing|hiss) (?:\w+ ){0,5}(?:gas|pipe|meter|cooker|boiler|hob)\b|\b(?:pipe|meter|cooker|boiler|hob|gas) (?:\w+ ){0,3}hissing\b",
        r"\b(?:carbon monoxide|co|co2|monoxide|c o)(?: \w+)? (?:alarm|detector|monitor|sensor)s?(?: \w+){0,4} (?:going off|gone off|went off|beeping|bleeping|sounding|ringing|screaming|triggered|has gone|wont stop|keeps going|goes off|is going|alarming|flashing red)\b|\b(?:alarm|detector) (?:for |that says )?(?:carbon monoxide|co|gas)(?: \w+){0,4} (?:going off|gone off|went off|beeping|sounding|ringing)\b|\bcarbon monoxide (?:poisoning|leak|in (?:my|our|the)|levels?|fumes|coming|leaking)\b|\bgas alarm(?: \w+){0,3} (?:going off|beeping|went off|gone off|sounding|ringing)\b",
        r"\b(?:smell|smells|stinks?|stink) (?:\w+ ){0,3}(?:rotten|bad|off) eggs?\b|\b(?:rotten|bad|off) eggs?(?: \w+){0,3} (?:smell|stink|by the|near the|from the)\b",
        r"\b(?:headaches?|dizzy|sick|faint|ill|poorly|drowsy|sleepy|headache and sick)(?: [^\s.]+){0,6} (?:when|whenever|every time|since|after|near|from|while)(?: [^\s.]+){0,5} (?:boiler|gas fire|heater|gas|fumes|cooker on|hob|bbq indoors|barbecue)\b|\b(?:boiler|heater|gas fire|cooker|fumes|barbecue|bbq|camping stove|gas)(?: [^\s.]+){0,6} (?:making|makes|made|giving|gives|gave) (?:me|us|the kids|them|everyone|him|her|my \w+)(?: \w+){0,2} (?:ill|sick|dizzy|headaches?|sleepy|drowsy|faint|feel (?:ill|sick|dizzy|faint|funny))\b|\bfumes (?:from|coming|in) (?:the |my |our |from )*(?:boiler|heater|gas|cooker|fire|hob|flue)\b|\b(?:bbq|barbecue|camping stove|disposable bbq|charcoal)(?: [^\s.]+){0,4} (?:inside|indoors|in the (?:house|flat|living room|bedroom|kitchen|front room))\b",
    ),
}  # fmt: skip

# Not certain: the need is answered, and one gentle line is added.
UNSURE: dict[str, tuple[str, ...]] = {
    "suicide_self_harm": (
        r"\b(?:cant|cannot|couldnt|dont know how (?:much longer )?(?:i can|to)|not|struggling to|how am i (?:supposed|meant) to|unable to) (?:\w+ ){0,3}(?:cope|coping|carry on|go on|keep going|keep doing this|face (?:another|tomorrow|it|the day|things|anything)|take (?:it|this|anymore|much more|any)|do this anymore|do it anymore|live like this|bear it|stand it anymore)\b",
        r"\b(?:at|near|reached|hit|past|on|come to|breaking) (?:the |my |his |her |a )?(?:end of (?:my|the|his|her) (?:tether|rope)|rock bottom|breaking point|wits end|limit|lowest|point where i cant|edge|my lowest)\b",
        r"\b(?:whats|what is|wheres|where is|see|seeing|no|isnt any|any|no real|not see|not much) (?:the |any |a )?point(?: (?:anymore|in (?:anything|it|trying|me|carrying|getting up|any)|of (?:anything|it|it all|me|carrying|going|trying|living)|to (?:anything|it|any of it|me)|\.)| $)",
        r"\b(?:hopeless|worthless|useless to everyone|in despair|despair|despairing|suffocating in life|empty inside|numb|dead inside|a burden|such a burden|feel trapped|lost all hope|no hope|no future|given up hope|no way out|only way out|cant see a way|no light|dark place|dark thoughts|bad thoughts|dark days|very low|so low|really low|(?:im|feel|feeling|am) (?:so |completely )?broken|falling apart|going under|desperate)\b",
        r"\b(?:had enough|ive had it|want it (?:all )?to (?:stop|end|be over)|make it (?:all )?stop|just want (?:it|everything|the pain) (?:to )?(?:stop|end|be over)|want to (?:disappear|sleep forever|vanish|fade away|run away from it all|give up)|give up|giving up|given up|rather not be here|stop existing|not be here)\b",
        r"\b(?:die|dead|death|dying|died|kill|killing|killed)\b",
        r"\b(?:hurt|cut|cutting) (?:myself|himself|herself)\b|\b(?:crying (?:all|every|myself|constantly|non stop|nonstop)|cant stop crying|cry (?:myself|every)|not safe (?:alone|on my own|with my)|dont trust myself|scared of (?:myself|my thoughts|what i))\b",
        r"\b(?:giving|gave|given|gives) (?:\w+ )?away (?:all )?(?:my|his|her) (?:things|stuff|possessions|belongings|pets?)\b|\bwho will (?:look after|have|feed) (?:my|the) (?:\w+ )?(?:kids|cat|dog|children)(?: \w+)? (?:when|after|if) (?:im|i) (?:gone|am gone|go|die)\b",
    ),
    "domestic_abuse": (
        rf"\b{_HE} (?:\w+ )?(?:shouts|shouting|screams|screaming|kicks off|kicking off|angry|temper|drunk|drinking|jealous|possessive|moody|nasty|horrible|aggressive|threw me out|chucked me out|kicked me out|throws me out|chucks me out|manipulative|controlling|bullies|bullying|intimidat\w+|belittles|puts me down)\b",
        r"\b(?:walking|tread(?:ing)?|living) on (?:eggshells|egg shells)\b|\b(?:dont|not|doesnt|never) feel safe\b|\bfeel unsafe\b|\bunsafe\b|\bneed to (?:get away|get out|leave (?:him|her|my))\b|\bleft (?:my|him|her) (?:husband|wife|partner|ex|boyfriend|girlfriend)\b|\bleave (?:him|my (?:husband|partner|boyfriend|wife|girlfriend))\b|\bget (?:away from|out of) (?:him|her|here|this house|there|this relationship|the relationship)\b|\bdv\b|\babuse[dr]?\b|\babusive\b|\bviolent\b",
        rf"\b{_HE} (?:\w+ )?(?:takes|took|spends|keeps|controls|controlling|has) (?:all )?(?:my|our|the) (?:\w+ )?(?:money|benefits|card|bank card|wages)\b|\b(?:wont|doesnt|never) (?:let|lets|give|gives) me\b(?: [^\s.]+){{0,3}} (?:money|out|phone|see|go)\b|\bmy ex (?:wont leave|keeps (?:coming|turning|ringing|texting|messaging|following)|turns up|is outside|found)\b|\b(?:hiding|hide) from (?:him|her|my)\b|\b(?:cant|not able to) (?:talk|speak)(?: \w+)? (?:hes|shes|theyre|he|because he) (?:here|around|in|in the|coming|listening|might|will)\b|\bcant talk\b|\bif he (?:finds|found|sees|knew|knows)\b|\bhe (?:will|ll|might) (?:go mad|be angry|kick off|find out)\b|\b(?:scared|afraid|frightened|terrified) of\b",
    ),
    "violence": (
        r"(?<!bailiffs )(?<!council )(?<!dwp )\b(?:threat|threats|threaten|threatened|threatening|threatens)\b(?! (?:of |with |to |me with |us with |me to )?(?:\w+ )?(?:evict\w*|court|bailiffs?|cut\w*|disconnect\w*|sanction\w*|stop\w*|take|letters?|legal|action|close|turn|increase|put|end|sack\w*|fin\w+|prosecut\w+|repossess\w*|remov\w+|clos\w+|charge|sell|homelessness|redundan\w+))",
        r"\b(?:scared|afraid|frightened|terrified|too scared|worried) to (?:leave|go out|go outside|answer|sleep|walk|open|come out|go home|stay)\b|\b(?:drug dealers?|loan shark|gang|gangs|knife|gun|machete|stab\w*|weapon|attack\w*|assault\w*|hate crime|racist abuse|racial abuse|harass\w+|stalk\w+|mugged|robbed|burgled|followed|bullied|bullying me)\b|\b(?:neighbours?|landlord|flatmate|housemate|tenant|upstairs|next door)(?: [^\s.]+){0,4} (?:shouting|banging|aggressive|violent|intimidat\w+|abusive|harass\w+|screaming|scares?|fighting)\b|\b(?:fight|fighting|screaming|shouting) (?:outside|next door|in the street|upstairs)\b|\bowe (?:money|them money) to (?:someone|some people|bad people|a dealer|dealers|a lender|the wrong people)\b|\bsmell of smoke\b|\bon fire\b",
    ),
    "child_safety": (
        r"\b(?:worried|concerned|scared|fear|frightened) (?:about|for|over) (?:the safety of |the |a |my |next doors? |neighbours? |her |his |their |some |those |these |that )*(?:\w+ )?(?:childs? (?:safety|next)|kids? next|kids safety|children next|child|kids?|children|baby|niece|nephew|grandkids|grandson|granddaughter|daughter|son|girl|boy|pupil|young lad|lad|lass)\b",
        rf"{_CHILD}{_GAP4} (?:screaming|crying|always alone|on (?:his|her|their) own|filthy|dirty|bruis\w+|scared of|frightened of|afraid of|hungry all|always hungry|starving|thin|skinny|self harm\w*|run away|in the cold|wandering|outside late|out all night|stealing food|exploited|vaping|with an older|older man|locked)\b",
        rf"{_CHILD}{_GAP2} (?:hasnt|havent|has not|have not|not|had nothing|have had nothing|has had nothing|gone without|going without|going hungry|went to bed hungry|go to bed hungry|goes hungry|starving|aint|hungry and)(?: (?:eaten|had|fed|anything|to eat|food|tea|dinner|milk|a meal|breakfast|owt|crying|hungry|all day|today|since))*\b",
        r"\b(?:no|run out of|out of|ran out of|cant afford|without)(?: \w+){0,2} (?:formula|baby milk|milk for (?:the|my) (?:baby|newborn|toddler))\b|\b(?:baby|newborn)(?: [^\s.]+){0,6} (?:freezing|no heating|so cold|cold and|in the cold|wont stop crying|no milk|hungry|starving|screaming)\b|\b(?:no heating|freezing|no heat|no gas|no electric|no leccy)(?: [^\s.]+){0,8} (?:baby|newborn|month old|week old)\b|\bsafeguarding\b|\b(?:cant|struggling to) cope with (?:the|my) (?:\w+ )?(?:baby|kids|children|newborn|toddler)\b|\bsocial services\b|\bshouting at (?:the|my|his|her|their) (?:\w+ )?(?:kids|child|children|baby)\b|\blost my temper with\b|\bsnapp(?:ed|ing) at (?:the|my) (?:kids|baby|children)\b",
    ),
    "medical": (
        r"\b(?:run out of|ran out of|running out of|out of|no|without|cant afford|not got|havent got|lost|missed|need|waiting for|stopped taking|stopped|cant get|not taking|not taken)(?: (?:my|his|her|any|more|the|their|some|got|mums|dads))* (?:\w+ )?(?:medication|meds|medicine|medicines|inhaler|inhalers|tablets|prescription|prescriptions|methadone|antidepressants|pills|blood pressure tablets|script|injection)\b",
        r"\b(?:faint|fainting|dizzy|light ?headed|shaking|shaky|weak|collapsing|confused|blurred vision|passing out|pass out|about to faint|vomiting|throwing up|being sick|high (?:temp|temperature)|temperature|fever|infection|infected|very ill|really ill|so ill|really poorly|very poorly|so poorly|seriously ill|in (?:so much |a lot of |bad |terrible )?pain|pains|asthma|wheez\w+|heart condition|epilep\w+|seizures?|copd|pneumonia|bleeding|blood|stroke|a fit|diabet\w+|insulin|oxygen|dialysis|nebuli[sz]er|cant breathe|breathe|breathing|chest|unconscious|hospital last night|ambulance|lips|blue)\b(?! (?:badge|bin|badges|bins|light))",
        r"\b(?:not|havent|hasnt|nothing|no|not had|without)(?: \w+)? (?:eaten|to eat|food|a meal|meal)(?: \w+){0,2} (?:for|in|since) (?:two|three|four|five|six|to|3|4|5|6|7|a few|several|days|a week|nearly a week|over a week|monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?: (?:days|nights))?\b",
        r"\b(?:pregnant|elderly|old|disabled|8\d|9\d|7\d|frail|nan|grandma|grandad|gran|nana|mum|dad|newborn|premature)\b[^.]*\b(?:freezing|no heating|so cold|heating is off|boiler (?:is )?broke\w*|cant keep warm|hypotherm\w*|shivering|fallen|fell|a fall)\b|\b(?:withdrawal|withdrawing|withdrawals|detox|rattling|dts|alcoholic and stopped)\b|\bburn(?:t|ed)? (?:my|his|her) (?:hand|arm|leg|face)\b|\bcut (?:my|his|her) (?:hand|arm|wrist|leg|finger) (?:badly|open|deep)\b|\b(?:swallowed|swallow)\b|\boverdose\b|\bhit (?:my|his|her) head\b|\bbroken (?:arm|leg|hip|ankle|wrist|rib|ribs|collar ?bone)\b|\bminute to live\b",
    ),
    "gas_leak": (
        r"\b(?:funny|weird|strange|odd|bad|awful|horrible|eggy|chemical) (?:smell|smells|whiff|stink)\b|\b(?:smell|smells|stinks?) (?:\w+ )?(?:funny|weird|strange|odd|eggy|of eggs|of fumes|like fumes)\b|\bcarbon monoxide\b|\bmonoxide\b|\bfumes\b|\bflame (?:is |s |has |gone |goes |turned |burning |burns )*(?:yellow|orange)\b|\b(?:yellow|orange) flame\b|\bco (?:alarm|detector|poisoning)\b|\bgas leak\b|\bsmell gas\b",
    ),
}  # fmt: skip

# A certain pattern is only a hint when these words put it in the past, deny it, or ask about something else.
_LONG_AGO = r"\b(?:last year|years? ago|months ago|long time ago|when i was (?:a kid|little|younger|young|a child)|used to|in the past|back in (?:19|20)\d\d|decades? ago|(?:two|three|four|five|six|ten) years ago|since he died|since she died|bereaved|passed away)\b"
DOWNGRADES: dict[str, tuple[str, ...]] = {
    "suicide_self_harm": (
        _LONG_AGO,
        r"\b(?:not|isnt|never|im not|dont feel|no longer) (?:\w+ )?suicidal\b|\bnot going to (?:kill|hurt|harm) (?:myself|himself|herself)\b|\bno (?:plans|intention|thoughts)\b|\bnever (?:hurt|kill|harm) myself\b|\b(?:lost|after|since) (?:my|his|her|our) (?:\w+ )?to suicide\b|\bdied by suicide\b|\bwould never\b",
        r"\b(?:hurt|cut) myself (?:at work|on (?:a|the)|falling|lifting|cooking|shaving|playing)\b",
    ),
    "domestic_abuse": (_LONG_AGO, r"\bnot (?:violent|abusive)\b|\bhes not violent\b|\bnever (?:hit|hurt|hits|hurts) me\b"),
    "violence": (_LONG_AGO,),
    "child_safety": (_LONG_AGO,),
    "medical": (
        r"\b(?:last (?:year|month|summer|winter|christmas)|years? ago|months ago|recovering from|since (?:my|his|her|the|having a) (?:stroke|heart attack|fall)|after (?:my|his|her|a) (?:stroke|heart attack|fall)|history of|survivor|back in (?:19|20)\d\d|had (?:a|my|his|her) (?:stroke|heart attack) (?:in|and (?:cant|can t|lost my job|now cant|had to stop) work))\b",
    ),
    "gas_leak": (
        r"\b(?:no|not|isnt|doesnt|cant|dont|didnt|never|no longer) (?:any |a |really )?smell (?:of |any |like )?(?:gas|it)\b|\b(?:fixed|sorted|repaired|last (?:week|month|year)|capped (?:it )?off|months ago|years ago|has been fixed|been and fixed|turned it off|came out and)\b",
    ),
}  # fmt: skip
